package main

import (
	"net/http"
	"time"

	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// Why there is nothing to show of an erasure.
var (
	errNoPlan        = fault.New(fault.NotFound, "This request has no plan for an erasure.")
	errNoCertificate = fault.New(fault.NotFound, "There is no certificate yet.")
)

// planShown is what an erasure will do, or has done, in the words of the policy.
type planShown struct {
	Hash       string        `json:"hash,omitempty"` // missing until there is a plan
	State      erasure.State `json:"state"`
	Items      []itemShown   `json:"items"`
	CoolingOff float64       `json:"coolingOffHours"` // how long it can be cancelled after everybody was told
	ErasesAt   *time.Time    `json:"erasesAt,omitempty"`
	Again      bool          `json:"again,omitempty"` // the person agreed to another plan before, which does not hold any more
}

// itemShown is what an erasure does with one stored kind.
type itemShown struct {
	Kind    policy.Kind         `json:"kind"`
	Title   string              `json:"title"`
	Outcome string              `json:"outcome"` // erased, withheld
	Ground  privacy.Withholding `json:"ground,omitempty"`
	Law     string              `json:"law,omitempty"`
	Reason  string              `json:"reason,omitempty"`
	Drops   []string            `json:"drops,omitempty"`
	Until   *time.Time          `json:"until,omitempty"`
	While   bool                `json:"whileContract,omitempty"`
	Count   *int                `json:"count,omitempty"` // missing for what cannot be counted for one person
}

// erasureShown is where an erasure stands.
type erasureShown struct {
	State    erasure.State `json:"state"`
	Plan     string        `json:"plan,omitempty"`     // the hash of the plan
	ErasesAt *time.Time    `json:"erasesAt,omitempty"` // while it can still be cancelled: when it begins
}

// erasureOf returns where the erasure of a request stands, or nil if the request has none.
func erasureOf(file request.File) *erasureShown {
	e := erasure.Of(file)
	if e.Version == 0 {
		return nil
	}
	return &erasureShown{State: e.State, Plan: hashOf(e), ErasesAt: erasesAt(e)}
}

func hashOf(e erasure.Erasure) string {
	if len(e.Plan.Items) == 0 {
		return ""
	}
	return e.Plan.Hash()
}

func erasesAt(e erasure.Erasure) *time.Time {
	if e.State != erasure.Cooling {
		return nil
	}
	return &e.ErasesAt
}

// seen calls do with the file of a request that the holder of its status link or of a session of its mailbox may see.
func (h handler) seen(do func(http.ResponseWriter, request.File) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if r.Header.Get("Authorization") != "" || sessionOf(r) == "" {
			token, err := bearer(r)
			if err != nil {
				return err
			}
			file, err := h.requester.Status(r.Context(), r.PathValue("id"), token)
			if err != nil {
				return err
			}
			return do(w, file)
		}
		return h.held(func(w http.ResponseWriter, r *http.Request, who holder) error {
			file, err := h.requester.Seen(r.Context(), r.PathValue("id"), who.mailbox.ProofOfConfirmed(who.session))
			if err != nil {
				return err
			}
			return do(w, file)
		})(w, r)
	}
}

func (h handler) plan(w http.ResponseWriter, file request.File) error {
	e := erasure.Of(file)
	if e.Version == 0 {
		return errNoPlan
	}
	out := planShown{Hash: hashOf(e), State: e.State, Items: []itemShown{}, CoolingOff: e.CoolingOff.Hours(), ErasesAt: erasesAt(e), Again: erasure.Anew(file)}
	in := h.requester.Policy(h.now())
	for _, item := range e.Plan.Items {
		out.Items = append(out.Items, shownItem(in, file.Request.Right, item))
	}
	web.JSON(w, http.StatusOK, out)
	return nil
}

func shownItem(in *policy.Policy, right privacy.Right, item erasure.Item) itemShown {
	out := itemShown{Kind: item.Kind, Title: item.Title(in), Outcome: "erased", Ground: item.Ground}
	if item.Counted {
		out.Count = &item.Count
	}
	if item.Erased() {
		return out
	}
	out.Outcome, out.Drops, out.While = "withheld", item.Drops, item.While == policy.WhileContract
	out.Law, out.Reason = item.Why(in, right)
	if !item.Until.IsZero() {
		out.Until = &item.Until
	}
	return out
}

// certificate answers with the signed certificate, as it was made.
func (handler) certificate(w http.ResponseWriter, file request.File) error {
	signed := erasure.Of(file).Certificate
	if signed == "" {
		return errNoCertificate
	}
	w.Header().Set("Content-Type", "application/jose")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(signed))
	return nil
}

// agree has the holder of a session agree to the plan of their erasure.
func (h handler) agree(w http.ResponseWriter, r *http.Request, who holder, plan string) error {
	if plan == "" {
		return fault.At("/plan", fault.Required)
	}
	file, err := erasure.Agree(r.Context(), h.requester, r.PathValue("id"), who.mailbox.ProofOfConfirmed(who.session), plan)
	if err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, summarise(file.Request))
	return nil
}
