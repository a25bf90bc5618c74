package main

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// status is what an operator may see of a request. It has no address, no text that anybody has typed, and no names of people or objects.
type status struct {
	ID            string               `json:"id"`
	Right         privacy.Right        `json:"right"`
	State         request.State        `json:"state"`
	Jurisdiction  privacy.Jurisdiction `json:"jurisdiction,omitempty"`
	PolicyVersion string               `json:"policyVersion"`
	ReceivedAt    time.Time            `json:"receivedAt"`
	Repeats       int                  `json:"repeats,omitempty"` // how often the same was asked for again before it was confirmed
	RepeatedAt    time.Time            `json:"repeatedAt,omitzero"`
	VerifiedAt    time.Time            `json:"verifiedAt,omitzero"`
	ClosedAt      time.Time            `json:"closedAt,omitzero"`
	NextStep      request.Step         `json:"nextStep,omitempty"`
	NextAt        time.Time            `json:"nextAt,omitzero"`
	Asked         *askedFor            `json:"asked,omitempty"`
	Clocks        []request.Clock      `json:"clocks"`
	Overdue       bool                 `json:"overdue,omitempty"`
	Extension     *extension           `json:"extension,omitempty"`
	Outcome       *outcome             `json:"outcome,omitempty"`
	Tries         int                  `json:"tries,omitempty"`      // failed tries of the mail that is due
	Erasure       *erases              `json:"erasure,omitempty"`    // that the request asks for
	WaitingFor    request.Wait         `json:"waitingFor,omitempty"` // for whom, or for what
	Why           string               `json:"why,omitempty"`        // why it waits for the team, as in meanings
	About         string               `json:"about,omitempty"`      // the id of the request that its mail answers
	Events        []event              `json:"events"`
	Exports       []attempt            `json:"exports"`
}

// askedFor is what a request asks for. Of what was typed it has only which choices were made.
type askedFor struct {
	Scope      privacy.Scope      `json:"scope,omitempty"`
	Declared   bool               `json:"declared,omitempty"`
	Ground     privacy.Ground     `json:"ground,omitempty"`
	Purposes   []privacy.Purpose  `json:"purposes,omitempty"`
	Categories []privacy.Category `json:"categories,omitempty"`
	Child      bool               `json:"child,omitempty"`   // the address of a child is named
	By         string             `json:"by,omitempty"`      // who filed it for the person: lawyer, relative, organisation, other
	Details    bool               `json:"details,omitempty"` // the person wrote something
	Mails      int                `json:"mails,omitempty"`   // how many mails to the privacy address are kept with it
}

type extension struct {
	DecidedAt  time.Time `json:"decidedAt"`
	NoticeSent time.Time `json:"noticeSent,omitzero"`
	InForce    bool      `json:"inForce"`
}

// erases is where an erasure stands.
type erases struct {
	State       erasure.State `json:"state"`
	ErasesAt    time.Time     `json:"erasesAt,omitzero"`
	BegunAt     time.Time     `json:"begunAt,omitzero"`
	ErasedAt    time.Time     `json:"erasedAt,omitzero"`
	Plan        *planned      `json:"plan,omitempty"`
	Outstanding []string      `json:"outstanding,omitempty"` // ids of systems that have not said yet that they erased the person too
}

// erasesOf returns where the erasure of a request stands, nil if it has none.
func erasesOf(f request.File) *erases {
	e := erasure.Of(f)
	if e.Version == 0 {
		return nil
	}
	return &erases{State: e.State, ErasesAt: e.ErasesAt, BegunAt: e.BegunAt, ErasedAt: e.ErasedAt, Plan: planOf(e), Outstanding: e.Outstanding()}
}

// line says it in one line.
func (e erases) line() string {
	switch {
	case !e.ErasedAt.IsZero():
		return string(e.State) + ", erased " + date(e.ErasedAt)
	case !e.BegunAt.IsZero():
		return string(e.State) + ", begun " + date(e.BegunAt)
	case e.State == erasure.Cooling:
		return string(e.State) + ", begins " + date(e.ErasesAt)
	default:
		return string(e.State)
	}
}

type outcome struct {
	Result    request.Result    `json:"result"`
	GoesOn    []privacy.Purpose `json:"goesOn,omitempty"` // in spite of an objection
	DecidedAt time.Time         `json:"decidedAt"`
}

type event struct {
	At     time.Time         `json:"at"`
	Kind   request.EventKind `json:"kind"`
	Reason string            `json:"reason,omitempty"` // why a mail came back, or why the request waits for the team
}

type attempt struct {
	Attempt   int          `json:"attempt"`
	State     export.State `json:"state"`
	CreatedAt time.Time    `json:"createdAt"`
	Failures  int          `json:"failures,omitempty"` // in a row
	NextAt    time.Time    `json:"nextAt,omitzero"`
	Bytes     int64        `json:"bytes,omitempty"`
	Downloads []time.Time  `json:"downloads"`
}

// view returns what an operator may see of a request.
func view(f request.File, now time.Time) status {
	r := f.Request
	s := status{
		ID: r.ID, Right: r.Right, State: r.State, Jurisdiction: r.Jurisdiction, PolicyVersion: r.PolicyVersion,
		ReceivedAt: r.ReceivedAt, Repeats: r.Repeats, RepeatedAt: r.RepeatedAt, VerifiedAt: r.VerifiedAt, ClosedAt: r.ClosedAt, NextStep: r.Step, NextAt: r.NextAt,
		Tries: r.Try, Asked: askedOf(r), About: r.About, Clocks: request.Clocks(r), Overdue: r.Overdue(now), Events: []event{}, Exports: []attempt{},
	}
	if s.WaitingFor = r.WaitsFor(now); s.WaitingFor == request.ForTeam {
		s.Why = request.WhyJudgement // unless something else is the matter
	}
	if r.Unopened() {
		s.Why, _ = f.WaitsForTeam()
	}
	if why, waits := export.ForTeam(f); waits {
		s.WaitingFor, s.Why = request.ForTeam, why
	}
	s.Erasure = erasesOf(f)
	if !r.Extension.DecidedAt.IsZero() {
		s.Extension = &extension{r.Extension.DecidedAt, r.Extension.NoticeSent, r.Extended()}
	}
	if r.Outcome.Result != "" {
		s.Outcome = &outcome{r.Outcome.Result, r.Outcome.GoesOn, r.Outcome.DecidedAt}
	}
	for _, e := range f.Events {
		s.Events = append(s.Events, event{e.At, e.Kind, e.Reason})
	}
	for _, e := range export.Of(f) {
		s.Exports = append(s.Exports, attempt{e.Number, e.State, e.CreatedAt, e.Try, e.NextAt, e.Bytes, append([]time.Time{}, e.Downloads...)})
	}
	return s
}

// askedOf returns what a request asks for, nil if its right leaves no choice and nothing was written.
func askedOf(r request.Request) *askedFor {
	a := askedFor{Scope: r.Scope, Declared: r.Declared, Ground: r.Ground, Purposes: r.Purposes, Categories: r.Categories, Child: r.Child != "", By: r.Agent.Relation,
		Details: r.Details != "", Mails: len(r.Messages)}
	if r.Equal(request.Asked{}) && !a.Details && a.Mails == 0 {
		return nil
	}
	return &a
}
