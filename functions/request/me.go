package main

import (
	"net/http"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/web"
	"github.com/helpdeskexpert/privacy/shared/web/consentapi"
)

// cookie is the name of the cookie that holds the session of a mailbox.
const cookie = "__Host-me"

// me is what the holder of a mailbox sees. It has no address, no text and no name, since a stranger may have typed them (threat T32).
type me struct {
	Fresh    bool           `json:"fresh"` // the first opening of the link
	EndsAt   time.Time      `json:"endsAt"`
	Pending  []pending      `json:"pending"`  // oldest first
	Requests []requestShown `json:"requests"` // newest first
	// Preferences is nil if nothing may be shown by the address: Doubt says why (threat T27).
	Preferences *consentapi.State `json:"preferences"`
	Doubt       subject.Doubt     `json:"doubt,omitempty"`
}

// pending is something that waits for its button.
type pending struct {
	ID     string        `json:"id"`
	Kind   string        `json:"kind"` // request, consent, change
	Change audit.Act     `json:"change,omitempty"`
	Right  privacy.Right `json:"right,omitempty"`
	asked
	Decisions  map[privacy.Purpose]consent.State `json:"decisions,omitempty"`
	ReceivedAt time.Time                         `json:"receivedAt"`
	DueAt      time.Time                         `json:"dueAt,omitzero"`
	TimeZone   string                            `json:"timeZone,omitempty"`
	Repeats    int                               `json:"repeats"`
	*mailShown                                   // of a mail
}

// requestShown is a request that was confirmed.
type requestShown struct {
	ID    string        `json:"id"`
	Right privacy.Right `json:"right"`
	asked
	State      request.State `json:"state"`
	ReceivedAt time.Time     `json:"receivedAt"`
	DueAt      time.Time     `json:"dueAt"`
	TimeZone   string        `json:"timeZone"`
	Renewable  bool          `json:"renewable"` // whether another export can be asked for
	WaitingFor request.Wait  `json:"waitingFor,omitempty"`
	Erasure    *erasureShown `json:"erasure,omitempty"` // of an erasure that waits for the person, or can still be cancelled
	InForce    bool          `json:"inForce,omitempty"` // while something holds because of it; a fresh session alone takes it back
	Outcome    *decidedShown `json:"outcome,omitempty"`
	Extension  *decidedShown `json:"extension,omitempty"`
}

// asked is what exactly a request asks for, in words of the policy.
type asked struct {
	Scope      privacy.Scope      `json:"scope,omitempty"`
	Ground     privacy.Ground     `json:"ground,omitempty"`
	Purposes   []privacy.Purpose  `json:"purposes,omitempty"`
	Categories []privacy.Category `json:"categories,omitempty"`
}

// holder is somebody with a session, and the mailbox that it is of.
type holder struct {
	session mailbox.Session
	mailbox mailbox.Mailbox
}

// ours refuses a call from the page of another website, even of one whose pages may call other routes: sessions are of one origin only (threat T20).
func (h handler) ours(r *http.Request) error {
	if origin := r.Header.Get("Origin"); origin != "" && origin != string(h.origin) {
		return web.ErrOrigin
	}
	return nil
}

// held calls do for the holder of the session in the cookie.
func (h handler) held(do func(http.ResponseWriter, *http.Request, holder) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := h.ours(r); err != nil {
			return err
		}
		session, box, err := h.links.Session(r.Context(), sessionOf(r))
		if err != nil {
			return err
		}
		return do(w, r, holder{session, box})
	}
}

// sessionOf returns the value of the cookie, or "" without one.
func sessionOf(r *http.Request) string {
	c, err := r.Cookie(cookie)
	if err != nil {
		return ""
	}
	return c.Value
}

// keep sets the cookie. Only this origin and only its server see it, and no other site can have it sent (promise G02).
func keep(w http.ResponseWriter, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: cookie, Value: value, Path: "/", MaxAge: int(life.Seconds()), Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
}

// ask answers everybody alike. With a session and without an address, the new link goes to the mailbox of the session.
func (h handler) ask(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Email *string `json:"email"`
	}
	if err := web.Decode(r, web.PublicLimit, &body); err != nil {
		return err
	}
	if body.Email == nil && sessionOf(r) != "" {
		return h.askAgain(w, r)
	}
	if body.Email == nil {
		return fault.At("/email", fault.Required)
	}
	if err := h.allow(r); err != nil {
		return err
	}
	if err := h.links.Ask(r.Context(), *body.Email); err != nil {
		return err
	}
	accepted(w)
	return nil
}

func (h handler) askAgain(w http.ResponseWriter, r *http.Request) error {
	if err := h.ours(r); err != nil {
		return err
	}
	if err := h.links.AskAgain(r.Context(), sessionOf(r)); err != nil {
		return err
	}
	accepted(w)
	return nil
}

// accepted says that a link is on its way, as far as the day allows: the same for everybody.
func accepted(w http.ResponseWriter) {
	web.JSON(w, http.StatusAccepted, struct {
		State string `json:"state"`
	}{"accepted"})
}

// allow counts what the client sets off.
func (h handler) allow(r *http.Request) error {
	may, err := h.clients.Allow(r.Context(), h.clientKey.Client(web.ClientIP(r)), limit.Filings, h.now())
	if err == nil && !may {
		err = fault.New(fault.TooMany, "Too many requests from this network. Try again in a minute.")
	}
	return err
}

func (h handler) open(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Token subject.Token `json:"token"`
	}
	if err := web.Decode(r, web.PublicLimit, &body); err != nil {
		return err
	}
	if body.Token == "" {
		return fault.At("/token", fault.Required)
	}
	session, value, box, err := h.links.Open(r.Context(), r.PathValue("id"), body.Token)
	if err != nil {
		return err
	}
	keep(w, value, session.Ends.Sub(h.now().Truncate(time.Second)))
	return h.showMe(w, r, holder{session, box})
}

func (h handler) end(w http.ResponseWriter, r *http.Request) error {
	if err := h.ours(r); err != nil {
		return err
	}
	if err := h.links.End(r.Context(), sessionOf(r)); err != nil {
		return err
	}
	keep(w, "", -time.Second)
	web.JSON(w, http.StatusOK, struct {
		State string `json:"state"`
	}{"ended"})
	return nil
}

func (h handler) showMe(w http.ResponseWriter, r *http.Request, who holder) error {
	ctx := r.Context()
	all, waiting, err := h.behind.Of(ctx, who.mailbox.ID)
	if err != nil {
		return err
	}
	preferences, err := h.preferencesOf(r, who.mailbox)
	if err != nil {
		return err
	}
	out := me{
		Fresh: who.session.Proof().Fresh, EndsAt: who.session.Ends, Pending: []pending{}, Requests: []requestShown{}, Doubt: who.mailbox.Doubt,
		Preferences: preferences,
	}
	var confirmed []request.Request
	if preferences != nil {
		confirmed = request.Confirmed(all)
	}
	for _, one := range waiting {
		kind := "request"
		switch {
		case one.Change != "":
			kind = "change"
		case one.Right == "":
			kind = "consent"
		}
		out.Pending = append(out.Pending, pending{
			ID: one.ID, Kind: kind, Change: one.Change, Right: one.Right, asked: asked{one.Scope, one.Ground, one.Purposes, one.Categories}, Decisions: one.Decisions, ReceivedAt: one.ReceivedAt, DueAt: one.DueAt, TimeZone: one.TimeZone, Repeats: one.Repeats,
		})
		if one.Right == privacy.Question {
			out.Pending[len(out.Pending)-1].mailShown = mailOf(one.ID, all, h.now())
		}
	}
	for _, one := range confirmed {
		renewable, err := export.CanRenew(ctx, h.requester, one)
		if err != nil {
			return err
		}
		var erases *erasureShown
		if waits := one.WaitsFor(h.now()); waits == request.ForYou || waits == request.ForCooling {
			file, err := h.requester.Load(ctx, one.ID)
			if err != nil {
				return err
			}
			erases = erasureOf(file)
		}
		outcome, extension := decidedAbout(one)
		out.Requests = append(out.Requests, requestShown{
			ID: one.ID, Right: one.Right, asked: asked{one.Scope, one.Ground, one.Purposes, one.Categories}, State: one.State, ReceivedAt: one.ReceivedAt, DueAt: request.DueAt(one), TimeZone: one.Terms.TimeZone, Renewable: renewable,
			WaitingFor: one.WaitsFor(h.now()), Erasure: erases, InForce: one.Protects(), Outcome: outcome, Extension: extension,
		})
	}
	web.JSON(w, http.StatusOK, out)
	return nil
}

// confirm confirms a request that waits. With a right, it says what a mail means, and confirms that; with the hash of a plan, it has the person agree to
// their erasure.
func (h handler) confirm(w http.ResponseWriter, r *http.Request, who holder) error {
	body, err := web.Body(r, web.PublicLimit)
	if err != nil {
		return err
	}
	var press struct {
		Plan *string `json:"plan"`
		request.Filing
	}
	if len(body) > 0 {
		if err := web.ContentType(r, "application/json"); err != nil {
			return err
		}
		if err := web.Unmarshal(body, &press); err != nil {
			return err
		}
	}
	switch chooses := !press.IsEmpty(); {
	case chooses && press.Right == "":
		return fault.At("/right", fault.Required)
	case chooses && press.Plan != nil:
		return fault.At("/plan", "must be left out if there is a right")
	case chooses:
		return h.choose(w, r, who, press.Filing)
	case press.Plan != nil:
		return h.agree(w, r, who, *press.Plan)
	}
	confirmed, err := h.requester.Confirm(r.Context(), r.PathValue("id"), who.session.Proof())
	if err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, summarise(confirmed))
	return nil
}

func (h handler) newExport(w http.ResponseWriter, r *http.Request, who holder) error {
	file, err := export.Another(r.Context(), h.requester, r.PathValue("id"), who.mailbox.ProofOfConfirmed(who.session))
	if err != nil {
		return err
	}
	web.JSON(w, http.StatusAccepted, h.shown(file))
	return nil
}

func (h handler) confirmConsent(w http.ResponseWriter, r *http.Request, who holder) error {
	id, proof := r.PathValue("id"), who.session.Proof()
	record, err := h.consents.Confirm(r.Context(), id, who.mailbox, proof, consentapi.Signalled(r))
	if fault.KindOf(err) == fault.NotFound {
		if err := h.changes.Accept(r.Context(), id, proof); err != nil {
			return err
		}
		web.JSON(w, http.StatusOK, struct {
			ID    string `json:"id"`
			State string `json:"state"`
		}{id, "accepted"})
		return nil
	}
	if err != nil {
		return err
	}
	return h.showDecided(w, r, who.mailbox, record)
}

// discard ends what waits, a request or a consent, and contests a change. The ids of all are random, so an id stands for one of them at most.
func (h handler) discard(w http.ResponseWriter, r *http.Request, who holder) error {
	id, proof := r.PathValue("id"), who.session.Proof()
	err := h.consents.Discard(r.Context(), id, proof)
	if fault.KindOf(err) == fault.NotFound {
		err = h.requester.Discard(r.Context(), id, proof)
	}
	if fault.KindOf(err) == fault.NotFound {
		if err = h.changes.Contest(r.Context(), id, proof); err == nil {
			h.consents.Tell(r.Context(), who.mailbox.ID, who.mailbox.Address, mailbox.Act{Kind: mailbox.Contested})
		}
	}
	if err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, struct {
		ID    string `json:"id"`
		State string `json:"state"`
	}{id, "discarded"})
	return nil
}
