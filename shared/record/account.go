package record

import (
	"bytes"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/helpdeskexpert/privacy/shared/fault"
)

// Names of the members of an account record that say how long the contract ran, and whether the account is still open.
const (
	contractStartedAt = "contractStartedAt"
	contractEndedAt   = "contractEndedAt"
	accountStatus     = "status"
	closedAccount     = "closed"
)

// Time reads a member of the data that is a time or a date. An absent member gives the zero time, and a date gives its midnight in UTC. The
// retention schedule finds the start of a period here.
func (r Record) Time(member string) time.Time {
	s := r.text(member)
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, s); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}

// text reads a member of the data that is a string. An absent member gives the empty string.
func (r Record) text(member string) (s string) {
	var members map[string]jsontext.Value
	if json.Unmarshal(r.Data, &members) != nil || json.Unmarshal(members[member], &s) != nil {
		return ""
	}
	return s
}

// Contract returns when the contract of an account record began and ended. ended is zero if the record has no end (promise F01).
func (r Record) Contract() (started, ended time.Time) {
	return r.Time(contractStartedAt), r.Time(contractEndedAt)
}

// Closed reports whether an account record calls its account closed.
func (r Record) Closed() bool { return r.text(accountStatus) == closedAccount }

// ErrClosed refuses the record of a closed account if no end of its contract is known. Nothing would ever start the period of the subject's
// account data (promise F01).
var ErrClosed = fault.At("/data/"+contractEndedAt, "is required: the account is closed, and we do not know when its contract ended")

// Ended returns the account record with the end of its contract added to the data. OccurredAt moves to that end, or to now if the end lies
// ahead, but never back.
func (r Record) Ended(at, now time.Time) (Record, error) {
	var members map[string]jsontext.Value
	if err := json.Unmarshal(r.Data, &members); err != nil {
		return Record{}, err
	}
	members[contractEndedAt] = jsontext.Value(`"` + at.UTC().Format(time.RFC3339Nano) + `"`)
	data, err := json.Marshal(members)
	if err != nil {
		return Record{}, err
	}
	if r.Data, err = Canonical(bytes.TrimSpace(data)); err != nil {
		return Record{}, err
	}
	if at.After(now) {
		at = now
	}
	if at.After(r.OccurredAt) {
		r.OccurredAt = at.UTC()
	}
	return r, nil
}
