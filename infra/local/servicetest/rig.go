package servicetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/inbound"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/objection"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/policytest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// Rig is the service between its functions and its stores. It replaces everything outside: it keeps mails in memory, allows every client, and
// makes bundles that are only names. Tests that need a limit on clients use [Stores.Limits].
type Rig struct {
	*Stores
	Requester  *request.Requester
	Fulfilment *request.Fulfilment
	Opening    *export.Opening
	Limiting   *objection.Answer
	Team       *request.Team
	Erasing    *erasure.Opening
	Eraser     *erasure.Eraser
	Delivery   *export.Delivery
	Reports    *request.Reports
	Cutter     *request.Cutter
	ByAddress  *mailbox.Consents
	Admission  *mailbox.Admission
	Links      *mailbox.Links
	Posting    *mailbox.LinkMailing
	Identity   *identity.Identity
	Changes    *identity.Consequences
	Holder     *identity.Holder
	Inbox      *inbound.Receiver
	Arrived    *Arrived // the mails that Inbox takes in
	Contested  []string // ids of changes for which an alarm was raised

	// Fails is called for each operation outside ("mail", "find", "seal", "discard") and returns its error. If Fails is nil, all of them
	// succeed. A failed mail is still in Mails, and a failed bundle in Objects, as after a lost answer.
	Fails   func(operation string) error
	Mails   []Mail          // oldest first; do not read it while a mail may be on its way
	Objects map[string]bool // the keys of bundles that were sealed and not discarded
	ForTeam []string        // the ids of requests that came to wait for the team, because of a doubt about their address

	mu       sync.Mutex
	arrivals int
}

// Mail is the content of one mail. The fields that its kind does not have are empty.
type Mail struct {
	Kind        string // "link", "receipt", "nothing", "limited", "extended", "closed", "agreed", "erased" or "export"
	To          string
	About       string        // the id of the mailbox, of the request or of the export
	Token       subject.Token // the token of its link; a mail of kind "nothing" has none
	Status      subject.Token // the token of its link to the request's status
	Identity    string        // the age identity that decrypts the export
	Part        string        // which mail about it, as in its tags ([feedback.Mail])
	Waiting     []mailbox.Waiting
	Acts        []mailbox.Act
	Unsubscribe string
}

// New returns a rig under the policy in force, on new tables.
func New(t testing.TB) *Rig { return Open(t, enginetest.DynamoDB(t), policy.InForce) }

// Open returns a rig on the tables and under the policy that is in force at a time.
func Open(t testing.TB, tables *enginetest.Tables, inForce func(now time.Time) *policy.Policy) *Rig {
	s := OpenStores(t, tables, inForce)
	r := &Rig{Stores: s, Objects: map[string]bool{}}
	now, p := s.Clock.Now, s.policy
	r.Requester = &request.Requester{Register: s.Requests, Mailboxes: Aliases, Tokens: Tokens, Policy: p, Now: now}
	r.Opening = &export.Opening{Register: s.Requests, Addresses: r, Mailboxes: Aliases, Listings: s.Requests, Consents: &s.Consents.Store, Mailer: r, Tokens: Tokens,
		ForTeam: r.forTeam, Policy: p}
	r.Limiting = &objection.Answer{Register: s.Requests, Addresses: r, Subjects: s.Subjects, Keys: Aliases, Mailer: r, ForTeam: r.forTeam, Tokens: Tokens, Policy: p, Now: now,
		Keep: s.Intake.Keep}
	r.Team = r.team()
	r.Erasing = &erasure.Opening{Register: s.Requests, Addresses: r, Mailboxes: Aliases, ForTeam: r.forTeam, Policy: p}
	r.Links = &mailbox.Links{Mailboxes: s.Mailboxes, Wishes: s.Mailboxes, Tokens: Tokens, Policy: p, Now: now}
	r.Cutter = &request.Cutter{Links: r.Links, Register: s.Requests, Answers: map[work.Kind]request.AnswerCuts{work.Export: export.Cuts{}, work.Erase: erasure.Cuts{}}, ForTeam: r.forTeam, Now: now}
	r.Posting = &mailbox.LinkMailing{Mailboxes: s.Mailboxes, Wishes: s.Mailboxes, Subjects: s.Addresses, Waits: s.Behind.Waiting, Status: func(id string) subject.Token { return request.StatusToken(Tokens, id) }, Mailer: r, Aliases: Aliases, Tokens: Tokens,
		Policy: p, Now: now}
	r.Fulfilment = &request.Fulfilment{Register: s.Requests, Mailboxes: Aliases, Proofs: proofs{r.Posting}, ForTeam: r.forTeam, Policy: p, Now: now,
		Answers: map[work.Kind]request.Answerer{work.Export: r.Opening, work.Limit: r.Limiting, work.Team: r.Team, work.Erase: r.Erasing}}
	r.Delivery = &export.Delivery{Register: s.Requests, Subjects: s.Subjects, Bundles: r, Mailer: r, Tokens: Tokens, Policy: p, Now: now}
	r.Reports = &request.Reports{Register: s.Requests, Policy: p, Now: now, Reopened: func(context.Context, string) {},
		Answers: map[work.Kind]request.AnswerReports{work.Export: export.Reports{}, work.Limit: objection.Reports{}, work.Erase: erasure.Reports{}}}
	r.ByAddress = &mailbox.Consents{Recorder: &consent.Recorder{Log: s.Consents, Policy: policytest.ConsentsUnder(inForce(now())), Now: now}, Confirmations: s.Confirmations, Persons: s.Subjects, States: s.Subjects, Tokens: Tokens,
		Tell: func(ctx context.Context, id, address string, a mailbox.Act) {
			if err := r.Links.Tell(ctx, id, address, a); err != nil {
				t.Error(err)
			}
		}}
	r.openIdentities()
	r.openErasures()
	r.openInbound()
	r.Admission = &mailbox.Admission{Confirmations: s.Confirmations, Subjects: s.Addresses, Lists: s.Requests, Clients: r, Links: r.Posting, Policy: p, Now: now}
	return r
}

// Publish puts a later version of the policy into force, for all that is done from now on.
func (r *Rig) Publish(later *policy.Policy) {
	r.InForce, r.ByAddress.Recorder.Policy = policytest.Always(later), policytest.ConsentsUnder(later)
}

// Schedule replaces the published versions of the policy by these. Each comes into force on its day.
func (r *Rig) Schedule(policies ...*policy.Policy) {
	r.T.Helper()
	r.InForce, r.ByAddress.Recorder.Policy = policytest.InForce(r.T, policies...), policytest.Consents(r.T, policies...)
	r.Requests.Terms = func(version string) policy.Terms {
		for _, p := range policies {
			if p.Version == version {
				return p.Terms()
			}
		}
		return policy.TermsOf(version)
	}
}

// LastMail returns the newest mail. It fails the test if there is none.
func (r *Rig) LastMail() Mail {
	r.T.Helper()
	if len(r.Mails) == 0 {
		r.T.Fatal("no mail was sent")
	}
	return r.Mails[len(r.Mails)-1]
}

// File files a request and returns it. It is not behind its mailbox yet.
func (r *Rig) File(f request.Filing) request.Request {
	r.T.Helper()
	filed, err := r.Requester.File(r.T.Context(), f)
	if err != nil {
		r.T.Fatal(err)
	}
	return filed
}

// Known puts an address on record for a year, spelt as a system of the company spells it, and returns its data subject.
func (r *Rig) Known(email string) privacy.SubjectID {
	r.T.Helper()
	a := r.Parse(email)
	known, err := r.Addresses.Introduce(r.T.Context(), a, r.Clock.Now().AddDate(1, 0, 0))
	if err == nil {
		err = r.Subjects.Spell(r.T.Context(), Aliases.Alias(a), a.Spelling, CRM)
	}
	if err != nil {
		r.T.Fatal(err)
	}
	return known.Subject
}

// proofs has a link mailed for a request.
type proofs struct{ *mailbox.LinkMailing }

// Want implements [request.Proofs].
func (p proofs) Want(ctx context.Context, a subject.Address) error {
	return p.LinkMailing.Want(ctx, a, mailbox.ForRequests)
}

// Post mails the link of the mailbox of an address, if a mail is due.
func (r *Rig) Post(email string) {
	r.T.Helper()
	if err := r.Posting.Run(r.T.Context(), Aliases.Mailbox(r.Parse(email))); err != nil {
		r.T.Fatal(err)
	}
}

// Open opens the link of a mail.
func (r *Rig) Open(m Mail) (subject.Proof, mailbox.Mailbox) {
	r.T.Helper()
	session, _, box, err := r.Links.Open(r.T.Context(), m.About, m.Token)
	if err != nil {
		r.T.Fatal(err)
	}
	return session.Proof(), box
}

// Proof returns a fresh proof of the mailbox of an address, as if its holder had just opened a link for the first time.
func Proof(email string) subject.Proof {
	a, err := subject.ParseAddress(email)
	if err != nil {
		panic(err)
	}
	return subject.Proof{Mailbox: Aliases.Mailbox(a), Fresh: true}
}

// Prove puts a request behind its mailbox and confirms it.
func (r *Rig) Prove(id string) {
	r.T.Helper()
	r.Fulfil(id)
	if _, err := r.Requester.Confirm(r.T.Context(), id, subject.Proof{Mailbox: r.Load(id).Request.Mailbox, Fresh: true}); err != nil {
		r.T.Fatal(err)
	}
}

// Fulfil does the next step of a request.
func (r *Rig) Fulfil(id string) {
	r.T.Helper()
	if err := r.Fulfilment.Run(r.T.Context(), id); err != nil {
		r.T.Fatal(err)
	}
}

// Load returns the file of a request.
func (r *Rig) Load(id string) request.File {
	r.T.Helper()
	file, err := r.Requests.Load(r.T.Context(), id)
	if err != nil {
		r.T.Fatal(err)
	}
	return file
}

func (r *Rig) mail(m Mail) error {
	r.mu.Lock()
	r.Mails = append(r.Mails, m)
	r.mu.Unlock()
	return r.fails("mail")
}

func (r *Rig) forTeam(_ context.Context, id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ForTeam = append(r.ForTeam, id)
}

func (r *Rig) fails(operation string) error {
	if r.Fails == nil {
		return nil
	}
	return r.Fails(operation)
}

// Link implements [mailbox.LinkMailer].
func (r *Rig) Link(_ context.Context, to string, l mailbox.Letter) error {
	return r.mail(Mail{Kind: "link", To: to, About: l.Mailbox, Part: l.Mail().Part, Token: l.Token, Waiting: l.Waiting, Unsubscribe: l.Unsubscribe})
}

// Receipt implements [mailbox.LinkMailer].
func (r *Rig) Receipt(_ context.Context, to string, told mailbox.Receipt) error {
	return r.mail(Mail{Kind: "receipt", To: to, About: told.Mailbox, Part: told.Mail().Part, Acts: told.Acts, Unsubscribe: told.Unsubscribe})
}

// NothingStored implements [export.NothingMailer].
func (r *Rig) NothingStored(_ context.Context, to string, about request.Request, status subject.Token) error {
	return r.mail(Mail{Kind: "nothing", To: to, About: about.ID, Part: export.NothingMail(about).Part, Status: status})
}

// ExportReady implements [export.Mailer].
func (r *Rig) ExportReady(_ context.Context, about request.Request, e export.Attempt, token subject.Token, identity string, status subject.Token) error {
	return r.mail(Mail{Kind: "export", To: about.Email, About: e.ID(), Part: e.Mail().Part, Token: token, Status: status, Identity: identity})
}

// team returns what leaves requests to the team, and carries out what it decides.
func (r *Rig) team() *request.Team {
	return &request.Team{
		Register: r.Requests, Addresses: r, Mailer: r, Tokens: Tokens, ForTeam: r.forTeam, Policy: r.policy, Now: r.Clock.Now,
		Children: objection.Children{Subjects: r.Subjects, Aliases: Aliases, Policy: r.policy, Now: r.Clock.Now},
		Told: func(ctx context.Context, of request.Request) error {
			return r.Links.Tell(ctx, of.Mailbox, of.Email, mailbox.Act{Kind: mailbox.Filed, Request: of.ID, Right: of.Right, DueAt: request.DueAt(of), TimeZone: of.Terms.TimeZone})
		},
	}
}

// Extended implements [request.TeamMailer].
func (r *Rig) Extended(_ context.Context, to string, about request.Request, status subject.Token) error {
	return r.mail(Mail{Kind: "extended", To: to, About: about.ID, Part: about.ExtendedMail().Part, Status: status})
}

// Closed implements [request.TeamMailer].
func (r *Rig) Closed(_ context.Context, to string, about request.Request, status subject.Token) error {
	return r.mail(Mail{Kind: "closed", To: to, About: about.ID, Part: about.ClosedMail().Part, Status: status})
}

// Limited implements [objection.Mailer].
func (r *Rig) Limited(_ context.Context, to string, about request.Request, status subject.Token) error {
	return r.mail(Mail{Kind: "limited", To: to, About: about.ID, Part: about.LimitedMail().Part, Status: status})
}

// Find implements [request.Addresses].
func (r *Rig) Find(ctx context.Context, a subject.Address) (subject.Known, bool, error) {
	if err := r.fails("find"); err != nil {
		return subject.Known{}, false, err
	}
	return r.Addresses.Find(ctx, a)
}

// Allow implements [mailbox.Clients]. It always allows the call.
func (*Rig) Allow(context.Context, string, string, time.Time) (bool, error) { return true, nil }

// Seal implements [export.Bundles].
func (r *Rig) Seal(_ context.Context, _ request.Request, e export.Attempt) (int64, string, error) {
	r.mu.Lock()
	r.Objects[e.Object] = true
	r.mu.Unlock()
	return 42, "AGE-SECRET-KEY-PQ-1TEST", r.fails("seal")
}

// Discard implements [export.Bundles].
func (r *Rig) Discard(_ context.Context, key string) error {
	if err := r.fails("discard"); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.Objects, key)
	return nil
}
