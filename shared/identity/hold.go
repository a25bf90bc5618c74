package identity

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// Why an act on a legal hold is refused.
var (
	ErrAlone     = errors.New("identity: a hold needs two persons")
	ErrNoHold    = errors.New("identity: there is no such hold")
	ErrNobody    = errors.New("identity: there is no such data subject")
	ErrManyHolds = errors.New("identity: there are too many holds")
)

// maxGround is the length of the ground of a hold, in characters.
const maxGround = 500

// PlaceHold places a legal hold on data of a data subject, or of the one to whom they were joined (GDPR Art. 17(3)(e); promise F07). From then on, that data
// is neither deleted at the end of its period nor erased. Two persons have to agree to it. PlaceHold returns the id of the hold.
//
// Errors: [ErrAlone]; [ErrNobody]; [ErrManyHolds]; a [fault.Error] about the ground or the categories.
func (i *Identity) PlaceHold(
	ctx context.Context, by audit.Actor, second string, id privacy.SubjectID, ground string, categories []privacy.Category,
) (hold string, err error) {
	if err := checkHold(ground, categories); err != nil {
		return "", err
	}
	hold = uuid.NewString()
	return hold, i.holds(ctx, audit.HoldPlaced, by, second, id, func(p *person) error {
		if len(p.to.Holds) >= standing.MostLimits {
			return ErrManyHolds
		}
		p.to = p.to.Place(standing.Hold{ID: hold, At: p.now, Ground: ground, Categories: categories})
		return nil
	})
}

// ReleaseHold ends a legal hold. What it withheld from an erasure is erased then, and everything else follows its period again.
//
// Errors: [ErrAlone]; [ErrNobody]; [ErrNoHold].
func (i *Identity) ReleaseHold(ctx context.Context, by audit.Actor, second string, id privacy.SubjectID, hold string) error {
	return i.holds(ctx, audit.HoldReleased, by, second, id, func(p *person) error {
		if !slices.ContainsFunc(p.to.Holds, func(h standing.Hold) bool { return h.ID == hold }) {
			return ErrNoHold
		}
		p.to = p.to.Release(hold, p.now)
		return nil
	})
}

// holds changes the legal holds of a data subject in one act, and has the expiries of their records follow.
func (i *Identity) holds(ctx context.Context, kind audit.Act, by audit.Actor, second string, id privacy.SubjectID, change func(*person) error) error {
	if second = strings.TrimSpace(second); second == "" || second == by.ID {
		return ErrAlone
	}
	return try(ctx, func() (lost bool, err error) {
		root, _, found, err := Root(ctx, i.Store, id)
		if err != nil {
			return false, err
		}
		if !found {
			return false, ErrNobody
		}
		a, err := i.begin(ctx, kind)
		if err != nil {
			return false, err
		}
		p, err := a.person(ctx, root)
		if err != nil {
			return false, err
		}
		if err := change(p); err != nil {
			return false, err
		}
		p.expires = a.ends(p.to)
		a.change.Subject, a.change.Rebuild, a.second = root, []privacy.SubjectID{root}, second
		return a.commit(ctx, by)
	})
}

// checkHold refuses a hold that says nothing, or whose categories are unknown.
func checkHold(ground string, categories []privacy.Category) error {
	var at fault.Fields
	at.Need("/ground", strings.TrimSpace(ground), utf8.RuneCountInString(ground) <= maxGround, "must be at most "+strconv.Itoa(maxGround)+" characters long")
	for n, c := range categories {
		if !c.HasSubject() || !slices.Contains(privacy.Categories[:], c) || slices.Contains(categories[:n], c) {
			at.Add("/categories/"+strconv.Itoa(n), "must be a category of personal data, once")
		}
	}
	return at.Err()
}
