package mailbox

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

func (w *world) session(value string) (Session, error) {
	s, m, err := w.links().Session(w.t.Context(), value)
	if err == nil && m.ID != box {
		w.t.Errorf("the session is of %q", m.ID)
	}
	return s, err
}

// T11: a session lasts an hour, to the second. What it proves follows from the opening that began it.
func TestThreat_T11_HowLongASessionLasts(t *testing.T) {
	w := newWorld(t)
	l := w.linked(ForRequests)
	for opening := 1; opening <= 2; opening++ {
		began := w.clock.Now()
		made, value, err := w.open(l)
		w.must(err)
		for after, works := range map[time.Duration]bool{0: true, time.Hour - time.Second: true, time.Hour: false, 48 * time.Hour: false} {
			w.clock.Set(began.Add(after))
			if s, err := w.session(value); works && (err != nil || s != made || s.Opening != opening) || !works && (!errors.Is(err, errSession) || s != Session{}) {
				t.Errorf("opening %d, %v later: %+v, %v", opening, after, s, err)
			}
		}
		w.clock.Set(began.Add(time.Minute))
	}
	if (Session{Mailbox: box}).Proof().Fresh {
		t.Error("a session without an opening is fresh")
	}
	if fault.KindOf(errSession) != fault.Unauthenticated {
		t.Errorf("%v", errSession)
	}
}

// T11: a cookie in which any byte is another, is missing or is added proves nothing. A later opening does not become the first one.
func TestThreat_T11_ACookieThatWasChanged(t *testing.T) {
	w := newWorld(t)
	l := w.linked(ForRequests)
	_, first, err := w.open(l)
	w.must(err)
	s, value, err := w.open(l)
	w.must(err)
	refused := func(changed string) {
		t.Helper()
		if got, err := w.session(changed); !errors.Is(err, errSession) {
			t.Errorf("%q: %+v, %v", changed, got, err)
		}
	}
	for i := range len(value) {
		refused(value[:i] + value[i+1:])
		for _, b := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+=/ \n\x00" {
			if changed := value[:i] + string(b) + value[i+1:]; changed != value {
				refused(changed)
			}
			refused(value[:i] + string(b) + value[i:])
		}
	}
	parts, of := strings.Split(value, "."), strings.Split(first, ".")
	for _, changed := range [][]string{
		{parts[0], "1", parts[2], parts[3]}, {parts[0], "02", parts[2], parts[3]}, {parts[0], "+2", parts[2], parts[3]}, {parts[0], parts[1], "9" + parts[2], parts[3]},
		{parts[0], parts[1], parts[2], of[3]}, {parts[0], of[1], parts[2], parts[3]}, parts[:3], {parts[0], parts[1], parts[2], ""}, append(strings.Split(value, "."), "x"), {""}, {"", "", "", ""},
	} {
		refused(strings.Join(changed, "."))
	}
	other := s
	other.Mailbox = aliases.Mailbox(subject.Address{Lookup: "bo@example.org"})
	refused(other.seal(tokens, 0)) // which has no mailbox
	refused(s.seal(subject.Key("another"), 0))
	refused(s.seal(tokens, 1))
	if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`",;\`, r) }) {
		t.Errorf("%q is no value of a cookie (RFC 6265)", value)
	}
	if got, err := w.session(value); err != nil || got != s {
		t.Errorf("as it was: %+v, %v", got, err)
	}
}

// "End all" ends every session and every link of the mailbox at once. A link that is mailed afterwards works, and brings no old session back.
func TestThreat_T31_EndAllEndsAll(t *testing.T) {
	w := newWorld(t)
	older := w.linked(ForRequests)
	l := w.linked(ForConsents)
	_, one, err := w.open(l)
	w.must(err)
	_, two, err := w.open(l)
	w.must(err)
	w.wants(ForRequests)
	w.must(w.links().End(t.Context(), one))
	for name, err := range map[string]error{
		"the session": func() error { _, err := w.session(one); return err }(), "another": func() error { _, err := w.session(two); return err }(),
		"end again": w.links().End(t.Context(), one), "ask again": w.links().AskAgain(t.Context(), two),
	} {
		if !errors.Is(err, errSession) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, link := range []Letter{l, older} {
		if _, _, err := w.open(link); !errors.Is(err, errLink) {
			t.Errorf("a link: %v", err)
		}
	}
	w.run() // the mail that was due
	_, value, err := w.open(w.letters[len(w.letters)-1])
	w.must(err)
	if s, err := w.session(value); err != nil || s.Opening != 1 {
		t.Errorf("a new session: %+v, %v", s, err)
	}
	if _, err := w.session(one); !errors.Is(err, errSession) {
		t.Errorf("the old session is back: %v", err)
	}
}

// A mailbox of which all has ended does not begin again while one of its cookies could still be shown.
func TestThreat_T31_NoOldSessionComesBack(t *testing.T) {
	for _, later := range []time.Duration{0, time.Minute, time.Hour - time.Second, time.Hour} {
		w := newWorld(t)
		l := w.linked(ForRequests)
		_, value, err := w.open(l)
		w.must(err)
		w.must(w.links().End(t.Context(), value))
		w.clock.Advance(later)
		w.linked(ForRequests)
		if _, err := w.session(value); !errors.Is(err, errSession) {
			t.Errorf("%v later: %v", later, err)
		}
		if _, _, err := w.open(l); !errors.Is(err, errLink) {
			t.Errorf("%v later, the link: %v", later, err)
		}
	}
}

// A mailbox that cannot be read is no wrong cookie.
func TestASessionThatCannotBeRead(t *testing.T) {
	w := newWorld(t)
	value := w.opened()
	w.dead = true
	for name, err := range map[string]error{
		"session": func() error { _, err := w.session(value); return err }(), "end": w.links().End(t.Context(), value), "ask": w.links().AskAgain(t.Context(), value),
		"open": func() error { _, _, err := w.open(w.letters[0]); return err }(), "tell": w.links().Tell(t.Context(), box, Act{}),
	} {
		if !errors.Is(err, errKilled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
