package gather

import (
	"context"
	"errors"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// who is whose data a bundle has. It is read once, so that a bundle that is made beside a join has either all of the data of both or that of one.
type who struct {
	subject privacy.SubjectID   // the one who stayed if data subjects were joined; empty if nobody is known by the address
	persons []privacy.SubjectID // the subject, and everybody who was joined to them
	state   standing.Snapshot   // of the subject; zero if it is not known any more
	known   bool
}

var errJoins = errors.New("gather: who was joined to whom keeps changing")

// resolve returns whose data is that of a data subject: the one to whom they were joined, if they were, and everybody else who was.
func (s *Sealer) resolve(ctx context.Context, id privacy.SubjectID) (who, error) {
	if id == "" {
		return who{}, nil
	}
	for range 3 {
		var w who
		var err error
		if w.subject, w.state, w.known, err = identity.Root(ctx, s.Subjects, id); err != nil {
			return who{}, err
		}
		w.persons = w.state.Persons(w.subject)
		if slices.Contains(w.persons, id) {
			return w, nil
		}
		// The join was taken back between the reads: the data of the one who stayed is not that of the data subject.
	}
	return who{}, errJoins
}
