package request

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/privacy/card"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

const (
	maxDetails = 2000 // characters
	maxName    = 200  // characters
)

// Filing is what a person sends to ask for something. Every right has the first five members and OnBehalfOf. [Rights] says which of the others a
// right has; any other is refused by its name.
type Filing struct {
	Right        privacy.Right        `json:"right"`
	Email        string               `json:"email"`
	Jurisdiction privacy.Jurisdiction `json:"jurisdiction"`
	Language     string               `json:"language"`
	Details      string               `json:"details"`
	OnBehalfOf   *Agent               `json:"onBehalfOf"`

	Visitor     string             `json:"visitor"`     // opt_out: the random id of a browser, instead of an address
	Scope       privacy.Scope      `json:"scope"`       // know
	Declaration bool               `json:"declaration"` // know: the person declares, under penalty of perjury, that they are who they say
	Ground      privacy.Ground     `json:"ground"`      // restriction
	Purposes    []privacy.Purpose  `json:"purposes"`    // objection, restriction
	Categories  []privacy.Category `json:"categories"`  // restriction
	Child       *Child             `json:"child"`       // child_erasure
}

// Child is whose data a report is about.
type Child struct {
	Email string `json:"email"`
}

// ByVisitor reports whether the filing is an opt-out of a browser, which a consent record keeps and no request.
func (f Filing) ByVisitor() bool { return f.Right == privacy.OptOut && f.Visitor != "" }

// File stores a new request. [Fulfilment] does what follows: it has a link mailed, or answers a request that nothing has to prove.
func (q *Requester) File(ctx context.Context, f Filing) (Request, error) {
	now := q.now()
	p := q.Policy(now)
	if err := f.Check(p); err != nil {
		return Request{}, err
	}
	r := Request{
		ID: uuid.Must(uuid.NewV7()).String(), Right: f.Right, State: Verifying, Email: f.Email,
		Jurisdiction: f.Jurisdiction, Language: f.Language, Details: f.Details, Asked: f.asked(), Unproven: f.unproven(p),
		PolicyVersion: p.Version, Terms: p.Terms(), ReceivedAt: now,
	}
	items := []Item{}
	if r.Next(StepProof, now); r.Unproven {
		typed, err := subject.ParseAddress(r.Email)
		if err != nil {
			return Request{}, err
		}
		r.State, r.Mailbox = Open, q.Mailboxes.Mailbox(typed)
		items = append(items, r.filed(now)...)
	}
	file, err := q.Register.Save(ctx, File{Request: r}, append(items, r)...)
	if errors.Is(err, ErrChanged) { // the id is new, so an earlier try has stored this request and its answer was lost (fault F01)
		r.Version = 1
		return r, nil
	}
	if err == nil && r.Unproven && file.Request.Step == "" {
		answered := file.Request
		answered.Email = f.Email
		q.told(ctx, answered, EventReceived)
	}
	return file.Request, err
}

// filed decides what follows at once from a request that nothing has to prove, and returns what is stored with it.
func (r *Request) filed(now time.Time) []Item {
	switch Rights[r.Right].Answer {
	case work.Limit:
		r.headStart(StepAnswer, now)
	case work.Statement: // the caller reads it in the policy
		// Anybody may file any number of them with any address. So none is listed, and nothing is kept that was typed (threat T32).
		r.Close(Fulfilled, now)
		r.Forget()
		return []Item{r.Record(EventAnswered, now)}
	default:
		r.Next(StepAnswer, now)
	}
	return []Item{r.Listing()}
}

// asked returns what exactly the filing asks for.
func (f Filing) asked() Asked {
	a := Asked{Scope: f.Scope, Declared: f.Declaration, Ground: f.Ground, Purposes: f.Purposes, Categories: f.Categories}
	if f.Child != nil {
		a.Child = f.Child.Email
	}
	if f.OnBehalfOf != nil {
		a.Agent = *f.OnBehalfOf
	}
	return a
}

const notOfBrowser = "is not part of an opt-out of a browser"

// Check names the fields that are not acceptable under a policy, and never repeats them.
func (f Filing) Check(p *policy.Policy) error {
	var at fault.Fields
	right, offered := Rights[f.Right]
	offered = offered && f.Right.Known()
	at.Need("/right", string(f.Right), offered, "must be one of the rights that the policy names, or complaint or child_erasure")
	if f.ByVisitor() {
		at.Need("/email", "x", f.Email == "", "must be left out if there is a visitor")
	} else {
		subject.Demand(&at, "/email", f.Email)
	}
	switch f.Jurisdiction {
	case "", privacy.EU, privacy.UK, privacy.California, privacy.Other:
	default:
		at.Add("/jurisdiction", "must be eu, uk, california or other, or be left out")
	}
	if f.Language != "" && !privacy.LanguageTag(f.Language) {
		at.Add("/language", "must be a language tag such as en or pt-BR")
	}
	text(&at, "/details", f.Details, maxDetails)
	f.checkAgent(&at)
	if offered {
		f.checkMembers(&at, right)
		f.checkChoices(&at, p)
	}
	return at.Err()
}

// members returns the members that not every right has, by whether the filing has them.
func (f Filing) members() map[string]bool {
	return map[string]bool{
		"visitor": f.Visitor != "", "scope": f.Scope != "", "declaration": f.Declaration, "ground": f.Ground != "", "purposes": len(f.Purposes) > 0,
		"categories": len(f.Categories) > 0, "child": f.Child != nil, "details": f.Details != "",
	}
}

// all returns all members but the right, by whether the filing has them.
func (f Filing) all() map[string]bool {
	has := f.members()
	has["email"], has["jurisdiction"], has["language"], has["onBehalfOf"] = f.Email != "", f.Jurisdiction != "", f.Language != "", f.OnBehalfOf != nil
	return has
}

// IsEmpty reports whether the filing says nothing.
func (f Filing) IsEmpty() bool {
	return f.Right == "" && !slices.Contains(slices.Collect(maps.Values(f.all())), true)
}

// checkMembers refuses members that the right does not have, and demands those that it needs.
func (f Filing) checkMembers(at *fault.Fields, right Right) {
	has := f.members()
	for _, name := range []string{"visitor", "scope", "declaration", "ground", "purposes", "categories", "child"} {
		if has[name] && !slices.Contains(right.Asks, name) {
			at.Add("/"+name, "is not part of a request with the right "+string(f.Right))
		}
	}
	for _, name := range right.Must {
		if !has[name] {
			at.Add("/"+name, fault.Required)
		}
	}
}

// checkChoices checks the members that choose among what the right and the policy offer.
func (f Filing) checkChoices(at *fault.Fields, p *policy.Policy) {
	if f.Scope != "" && f.Scope != privacy.ByCategory && f.Scope != privacy.Specific {
		at.Add("/scope", "must be categories or specific")
	}
	if f.Scope == privacy.Specific && !f.Declaration {
		at.Add("/declaration", "must be true: the person declares that they are who they say")
	}
	if f.Ground != "" && !slices.Contains(privacy.Grounds[:], f.Ground) {
		at.Add("/ground", "must be accuracy, unlawful, claims or objection")
	}
	for i, id := range f.Purposes {
		f.checkPurpose(at, p, "/purposes/"+strconv.Itoa(i), id, f.Purposes[:i])
	}
	for i, id := range f.Categories {
		if _, declared := p.Category(id); !declared || !id.HasSubject() || slices.Contains(f.Categories[:i], id) {
			at.Add("/categories/"+strconv.Itoa(i), "must be a category of personal data that the policy declares, once")
		}
	}
	if f.Child != nil && f.Child.Email != "" {
		subject.Demand(at, "/child/email", f.Child.Email)
	}
	if f.ByVisitor() { // its consent log has no place for them
		at.Need("/onBehalfOf", "x", f.OnBehalfOf == nil, notOfBrowser)
		at.Need("/details", "x", f.Details == "", notOfBrowser)
	}
}

// checkPurpose checks a purpose that a person objects to or has restricted, and that comes after others. Nobody can object to what a contract or a law demands (GDPR Art. 21(1)).
func (f Filing) checkPurpose(at *fault.Fields, p *policy.Policy, pointer string, id privacy.Purpose, before []privacy.Purpose) {
	purpose, declared := p.Purpose(id)
	switch {
	case !declared:
		at.Add(pointer, "must be a purpose that the policy declares")
	case slices.Contains(before, id): // it would be stored with whom it forbids it to, as often as a body has room for it
		at.Add(pointer, "must be named only once")
	case f.Right == privacy.Objection && purpose.Basis != privacy.LegitimateInterests && !purpose.DirectMarketing:
		at.Add(pointer, "rests neither on legitimate interests nor is it direct marketing, so nobody can object to it")
	}
}

// checkAgent checks who files for somebody else.
func (f Filing) checkAgent(at *fault.Fields) {
	if f.OnBehalfOf == nil {
		return
	}
	at.Need("/onBehalfOf/name", f.OnBehalfOf.Name, true, "")
	if text(at, "/onBehalfOf/name", f.OnBehalfOf.Name, maxName); strings.ContainsAny(f.OnBehalfOf.Name, "\r\n\t") { // the team reads it in a table
		at.Add("/onBehalfOf/name", "must be one line")
	}
	subject.Demand(at, "/onBehalfOf/email", f.OnBehalfOf.Email)
	known := slices.Contains([]string{"lawyer", "relative", "organisation", "other"}, f.OnBehalfOf.Relation)
	at.Need("/onBehalfOf/relation", f.OnBehalfOf.Relation, known, "must be lawyer, relative, organisation or other")
}

// text refuses a text that is too long, or that holds control characters or a card number (threats T15, T28).
func text(at *fault.Fields, pointer, s string, most int) {
	switch {
	case utf8.RuneCountInString(s) > most:
		at.Add(pointer, "must be at most "+strconv.Itoa(most)+" characters long")
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }):
		at.Add(pointer, "must not contain control characters")
	case card.In(s):
		at.Add(pointer, card.Detail)
	}
}
