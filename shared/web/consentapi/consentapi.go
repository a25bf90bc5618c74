// Package consentapi reads and writes consents in the form of the API. The functions that record consents share it: the website's,
// and the one behind the links in mails.
package consentapi

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// Withdrawal reads which purposes are withdrawn: the named ones, or all that rest on consent if none is named. Withdrawing all needs no body.
// rules are those in force.
func Withdrawal(r *http.Request, rules *policy.ConsentRules) (consent.Act, error) {
	var b struct {
		Purposes []privacy.Purpose `json:"purposes"`
	}
	if r.ContentLength != 0 {
		if err := web.Decode(r, web.PublicLimit, &b); err != nil {
			return consent.Act{}, err
		}
	}
	purposes := b.Purposes
	if purposes == nil {
		purposes = rules.Purposes
	}
	var at fault.Fields
	if len(purposes) == 0 {
		at.Add("/purposes", "must name at least one purpose; leave it out to mean all of them")
	}
	act := consent.Act{
		Decisions: map[privacy.Purpose]consent.State{}, PolicyVersion: rules.Version, Language: "und", Surface: "api",
	}
	for i, purpose := range purposes {
		if !slices.Contains(rules.Purposes, purpose) {
			at.Add("/purposes/"+strconv.Itoa(i), "is not a purpose that rests on consent")
		}
		act.Decisions[purpose] = consent.Denied
	}
	return act, at.Err()
}

// Signalled reports whether the browser sent the Global Privacy Control signal, even if a proxy joined several headers into one.
func Signalled(r *http.Request) bool {
	for value := range strings.SplitSeq(r.Header.Get("Sec-GPC"), ",") {
		if strings.TrimSpace(value) == "1" {
			return true
		}
	}
	return false
}

// Preconditions reads If-Match and If-None-Match. A weak tag never matches If-Match (RFC 9110, section 13.1.1). If-Match: * always
// matches, because every data subject has a state.
func Preconditions(r *http.Request, act *consent.Act) error {
	if match := r.Header.Get("If-Match"); match != "" && match != "*" {
		for _, tag := range strings.Split(match, ",") {
			tag = strings.TrimSpace(tag)
			if version, err := strconv.Atoi(strings.Trim(tag, `"`)); err == nil && etag(version) == tag {
				act.After = append(act.After, version)
			}
		}
		if act.After == nil {
			return fault.New(fault.Precondition, "If-Match must be an ETag that this service returned.")
		}
	}
	if none := r.Header.Get("If-None-Match"); none != "" {
		if none != "*" {
			return fault.New(fault.Precondition, "If-None-Match must be *.")
		}
		act.First = true
	}
	return nil
}

// Identify reads Sec-GPC and Idempotency-Key, and gives the act its id.
func Identify(r *http.Request, act *consent.Act) error {
	act.GPC = Signalled(r)
	id := make([]byte, 16)
	_, _ = rand.Read(id)
	if key := r.Header.Get("Idempotency-Key"); key != "" {
		if len(key) > 255 {
			return fault.New(fault.Malformed, "Idempotency-Key is longer than 255 characters.")
		}
		id, act.Keyed = keyed(key, r.URL.Path, act), true
	}
	act.Operation = base64.RawURLEncoding.EncodeToString(id)
	return nil
}

// keyed returns the id of an act with an Idempotency-Key. The id is bound to the content of the act, so the same key with other
// content names another act. It is a hash, because callers may put anything into the key.
func keyed(key, path string, act *consent.Act) []byte {
	h := sha256.New()
	for _, part := range []string{key, path} {
		_, _ = h.Write([]byte(part))
		_, _ = h.Write([]byte{0})
	}
	for _, purpose := range slices.Sorted(maps.Keys(act.Decisions)) {
		_, _ = h.Write([]byte(purpose + "\x00" + privacy.Purpose(act.Decisions[purpose]) + "\x00"))
	}
	if act.ConfirmOptIn {
		_, _ = h.Write([]byte("confirmOptIn"))
	}
	return h.Sum(nil)[:16]
}

func etag(version int) string { return `"` + strconv.Itoa(version) + `"` }

// State is a consent in the form that callers see.
type State struct {
	ID            string                       `json:"id,omitempty"`
	Version       int                          `json:"version"`
	PolicyVersion string                       `json:"policyVersion,omitempty"`
	RecordedAt    time.Time                    `json:"recordedAt,omitzero"`
	GPC           bool                         `json:"gpc"`
	Decisions     map[privacy.Purpose]decision `json:"decisions"`
}

type decision struct {
	State     consent.State `json:"state"`
	DecidedAt time.Time     `json:"decidedAt,omitzero"`
	ExpiresAt time.Time     `json:"expiresAt,omitzero"`
	OptOut    bool          `json:"optOut,omitempty"`  // the person has opted out of sale and sharing, and is not asked again before ExpiresAt
	Because   string        `json:"because,omitempty"` // why it is denied, if a request of theirs denies it: see [State.Deny]
}

// Show answers with a record of the recorder's and the decisions in force now for the sender of the request. A privacy signal in the
// request counts, even in a read, which stores nothing.
func Show(w http.ResponseWriter, r *http.Request, status int, record consent.Record, recorder *consent.Recorder) {
	StateOf(r, record, recorder).Write(w, status)
}

// Write answers with the state alone.
func (s State) Write(w http.ResponseWriter, status int) {
	w.Header().Set("ETag", etag(s.Version))
	web.JSON(w, status, s)
}

// StateOf returns what [Show] answers with, for an answer that has more.
func StateOf(r *http.Request, record consent.Record, recorder *consent.Recorder) State {
	now := recorder.Now()
	return answer(record, recorder.Policy.InForce(now), now, Signalled(r))
}

func answer(record consent.Record, rules *policy.ConsentRules, now time.Time, signal bool) State {
	out := State{Version: record.Version, GPC: signal, Decisions: map[privacy.Purpose]decision{}}
	if record.Version > 0 && record.ExpiresAt.After(now) {
		out.ID, out.PolicyVersion, out.RecordedAt = record.Operation, record.PolicyVersion, record.RecordedAt
		out.GPC = signal || record.GPC
	}
	for _, purpose := range rules.Purposes {
		is := record.Shown(purpose, rules, now, signal)
		out.Decisions[purpose] = decision{State: is.State, DecidedAt: is.DecidedAt, ExpiresAt: is.ExpiresAt, OptOut: is.OptOut}
	}
	return out
}

// Deny shows a purpose as denied because of something else than a decision: an objection or an opt-out by a request. The times of a consent that it
// overrules are left out, since they say nothing about the denial.
func (s State) Deny(purpose privacy.Purpose, because string) {
	is := s.Decisions[purpose]
	if is.State != consent.Denied {
		is = decision{State: consent.Denied}
	}
	is.Because = because
	s.Decisions[purpose] = is
}

// RefuseForAge answers a visitor under 16: everything that rests on consent is denied and nothing is stored (promise I01).
func RefuseForAge(w http.ResponseWriter, purposes []privacy.Purpose) {
	out := State{Decisions: map[privacy.Purpose]decision{}}
	for _, purpose := range purposes {
		out.Decisions[purpose] = decision{State: consent.Denied}
	}
	web.JSON(w, http.StatusOK, out)
}
