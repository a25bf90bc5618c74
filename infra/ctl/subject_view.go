package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// lookup reads what is on record behind an alias.
type lookup struct{ *identity.Identity }

// shownSubject is what an operator may see behind an alias. It has no address, no id of a system, and no hash of either.
type shownSubject struct {
	Alias        shownAlias    `json:"alias"`        // the one that was typed
	DataSubjects []shownPerson `json:"dataSubjects"` // nobody, if it was taken away; several, if they share it
}

// shownAlias is one alias of a data subject.
type shownAlias struct {
	Kind        string              `json:"kind"` // address or id
	Typed       bool                `json:"thisOne,omitempty"`
	Primary     bool                `json:"primary,omitempty"` // letters to the data subject go there
	Client      string              `json:"client,omitempty"`  // the system that sent, attached or uses it; none if only people have typed it
	Doubt       subject.Doubt       `json:"doubt,omitempty"`   // why nothing is answered by it automatically
	SharedBy    int                 `json:"sharedBy,omitempty"`
	AttachedAt  time.Time           `json:"attachedAt,omitzero"`
	AnswersFrom time.Time           `json:"answersFrom,omitzero"` // while nothing is answered by it yet
	DetachedAt  time.Time           `json:"detachedAt,omitzero"`
	From        privacy.SubjectID   `json:"detachedFrom,omitempty"`
	DoubtUntil  time.Time           `json:"doubtUntil,omitzero"`
	FrozenAt    time.Time           `json:"frozenAt,omitzero"`
	StandsFor   []privacy.SubjectID `json:"standsFor,omitempty"` // of one that was taken away: somebody else who has it now
	ExpiresAt   time.Time           `json:"expiresAt,omitzero"`  // none while something about the data subject has no end
}

// shownPerson is one data subject.
type shownPerson struct {
	ID              privacy.SubjectID `json:"id"`
	KnownSince      time.Time         `json:"knownSince,omitzero"`
	Contract        standing.Contract `json:"contract"`
	ContractEndsAt  time.Time         `json:"contractEndsAt,omitzero"`
	AccountHolder   bool              `json:"accountHolder"`
	AccountDataEnds time.Time         `json:"accountDataEndsAt,omitzero"`
	Marketing       string            `json:"marketing"` // consented, withdrawn or none
	MarketingEnds   time.Time         `json:"marketingDataEndsAt,omitzero"`
	ExpiresAt       time.Time         `json:"expiresAt,omitzero"`
	JoinedTo        privacy.SubjectID `json:"joinedTo,omitempty"`
	ErasedAt        time.Time         `json:"erasedAt,omitzero"`
	Erasure         string            `json:"erasure,omitempty"` // the id of the last erasure, and of its request
	Holds           []shownHold       `json:"holds,omitempty"`
	Formerly        []shownJoin       `json:"formerly"`
	Aliases         []shownAlias      `json:"aliases"`
	TakenAway       []shownAlias      `json:"takenAway"` // addresses, while they are still on record
}

// shownHold is a legal hold.
type shownHold struct {
	ID         string             `json:"id"`
	Since      time.Time          `json:"since"`
	Ground     string             `json:"ground"`
	Categories []privacy.Category `json:"categories,omitempty"` // all, if there are none
}

// shownJoin is a data subject who was joined to another one.
type shownJoin struct {
	ID       privacy.SubjectID `json:"id"`
	JoinedAt time.Time         `json:"joinedAt"`
}

var errUnreadable = errors.New("there is no state: the data subject was deleted a moment ago, or somebody is changing them; try again")

// person returns what is on record of one data subject. key is the alias that was typed.
func (l lookup) person(ctx context.Context, id privacy.SubjectID, key string) (shownPerson, error) {
	state, found, err := l.Store.State(ctx, id)
	if err != nil {
		return shownPerson{}, err
	}
	if !found {
		return shownPerson{}, errUnreadable
	}
	aliases, err := l.Store.Aliases(ctx, slices.Concat(state.Aliases, state.Left)...)
	if err != nil {
		return shownPerson{}, err
	}
	p := l.standing(id, state)
	for _, each := range slices.Sorted(slices.Values(state.Aliases)) {
		if is, known := aliases[each]; known && is.Belongs(id) {
			name := l.name(is)
			name.Typed, name.Primary = each == key, each == state.Primary
			p.Aliases = append(p.Aliases, name)
		}
	}
	for _, each := range state.Left {
		if is, known := aliases[each]; known && is.From == id && !is.Belongs(id) {
			p.TakenAway = append(p.TakenAway, l.goneFrom(is))
		}
	}
	slices.SortStableFunc(p.Aliases, func(a, b shownAlias) int { return strings.Compare(a.Kind, b.Kind) })
	return p, nil
}

// standing returns what the state of a data subject says, without their aliases.
func (l lookup) standing(id privacy.SubjectID, s standing.Snapshot) shownPerson {
	now := l.Now()
	in := l.Policy(now)
	p := shownPerson{
		ID: id, KnownSince: s.Since, Contract: s.Contract, Marketing: "none", ExpiresAt: s.ExpiresAt, JoinedTo: s.Into,
		AccountHolder: s.HoldsAccount(in.RetentionFor(privacy.Account), now), Formerly: []shownJoin{}, Aliases: []shownAlias{}, TakenAway: []shownAlias{},
	}
	p.ErasedAt, p.Erasure = s.Erasure.At, s.Erasure.Request
	for _, h := range s.Holds {
		p.Holds = append(p.Holds, shownHold{h.ID, h.At, h.Ground, h.Categories})
	}
	if s.Contract == standing.Ended {
		p.ContractEndsAt = s.EndedAt
	}
	if s.AccountData {
		p.AccountDataEnds, _ = s.AccountDataEnds(in.RetentionFor(privacy.Account))
	}
	if s.Marketing != standing.NoChoice {
		p.Marketing = string(s.Marketing)
	}
	if !s.Unconsented.IsZero() {
		p.MarketingEnds, _ = s.MarketingDataEnds(in.RetentionFor(privacy.Marketing), now)
	}
	for _, f := range s.Formerly {
		p.Formerly = append(p.Formerly, shownJoin{f.ID, f.At})
	}
	return p
}

// name returns what is shown of an alias.
func (l lookup) name(a subject.Alias) shownAlias {
	now := l.Now()
	n := shownAlias{Kind: "id", Client: a.Client, Doubt: a.Doubt(now), ExpiresAt: a.ExpiresAt}
	if subject.IsAddress(a.Key) {
		n.Kind = "address"
	}
	if a.Shared() {
		n.SharedBy = len(a.Subjects)
	}
	n.FrozenAt = a.FrozenAt
	if n.AttachedAt = a.AttachedAt; !a.AttachedAt.IsZero() {
		if from := l.Policy(now).AnswersFrom(a.AttachedAt); from.After(now) {
			n.AnswersFrom = from
		}
	}
	if a.DoubtUntil.After(now) {
		n.DetachedAt, n.From, n.DoubtUntil = a.DetachedAt, a.From, a.DoubtUntil
	}
	return n
}

// goneFrom returns what is shown of an address to whom it was taken away from: whom it stands for now, and nothing else of them.
func (l lookup) goneFrom(a subject.Alias) shownAlias {
	n := l.name(a)
	return shownAlias{Kind: n.Kind, Doubt: n.Doubt, DetachedAt: n.DetachedAt, From: n.From, DoubtUntil: n.DoubtUntil, FrozenAt: n.FrozenAt, StandsFor: a.Subjects, ExpiresAt: a.ExpiresAt}
}

// lookup opens what `ctl subject` reads.
func (t *tables) lookup() (lookup, error) {
	name, err := t.name("SUBJECTS_TABLE", "SubjectsTable")
	if err != nil {
		return lookup{}, err
	}
	key, err := t.aliasKey()
	if err != nil {
		return lookup{}, err
	}
	return lookup{&identity.Identity{Store: t.identities(name, ""), Aliases: key, Policy: policy.InForce, Now: t.now}}, nil
}
