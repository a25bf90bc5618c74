package mailbox

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Two other data subjects.
const (
	bo  = privacy.SubjectID("bo")
	cyd = privacy.SubjectID("cyd")
)

// states returns what each of the data subjects has decided about marketing mail, in the order of the ids.
func (p *person) states(ids ...privacy.SubjectID) string {
	var all []consent.State
	for _, id := range ids {
		all = append(all, p.newest(id).Effective(privacy.MarketingEmail, p.Now()).State)
	}
	return fmt.Sprint(all)
}

// newest returns the newest record of a data subject, empty if there is none.
func (p *person) newest(id privacy.SubjectID) consent.Record {
	if all := p.log.History(consent.Address(id)); len(all) > 0 {
		return all[len(all)-1]
	}
	return consent.Record{}
}

// decided records a decision about marketing mail in the name of a data subject.
func (p *person) decided(t *testing.T, id privacy.SubjectID, state consent.State) {
	t.Helper()
	act := decides(privacy.MarketingEmail, state)
	act.Subject = consent.Address(id)
	if _, err := p.consents.Recorder.Record(t.Context(), act); err != nil {
		t.Fatal(err)
	}
}

// T27: what is decided by an address that is in doubt, on its page and by the button of a decision that waits. A refusal holds for everybody behind the
// address. Nobody agrees to anything, unless the address stands for one new owner alone. The answer shows what was decided, and nothing
// else that is on record.
func TestThreat_T27_WhatAnAddressInDoubtDecides(t *testing.T) {
	for name, row := range map[string]struct {
		doubt  subject.Doubt
		behind []privacy.SubjectID
		state  consent.State
		want   fault.Kind
		states string // of bo and cyd afterwards
	}{
		"two refuse":                     {subject.Shared, []privacy.SubjectID{bo, cyd}, consent.Denied, "", "[denied denied]"},
		"two agree":                      {subject.Shared, []privacy.SubjectID{bo, cyd}, consent.Granted, fault.Shared, "[granted undecided]"},
		"a contested one refuses":        {subject.Frozen, []privacy.SubjectID{bo}, consent.Denied, "", "[denied undecided]"},
		"a contested one agrees":         {subject.Frozen, []privacy.SubjectID{bo}, consent.Granted, fault.Shared, "[granted undecided]"},
		"two refuse, and it is frozen":   {subject.Frozen, []privacy.SubjectID{bo, cyd}, consent.Denied, "", "[denied denied]"},
		"a new owner refuses":            {subject.Detached, []privacy.SubjectID{cyd}, consent.Denied, "", "[granted denied]"},
		"a new owner agrees":             {subject.Detached, []privacy.SubjectID{cyd}, consent.Granted, "", "[granted granted]"},
		"nobody is behind it, to refuse": {subject.Detached, nil, consent.Denied, fault.Conflict, "[granted undecided]"},
		"nobody is behind it, to agree":  {subject.Detached, nil, consent.Granted, fault.Conflict, "[granted undecided]"},
		"no link was mailed since a cut": {subject.NoDoubt, nil, consent.Denied, fault.Conflict, "[granted undecided]"},
	} {
		m := Mailbox{ID: box, Doubt: row.doubt, Shared: row.behind}
		for what, do := range map[string]func(p *person) (consent.Record, error){
			"page": func(p *person) (consent.Record, error) {
				act := decides(privacy.MarketingEmail, row.state)
				act.After = []int{7} // of a page that showed something else
				return p.consents.Decide(t.Context(), m, fresh, act)
			},
			"button": func(p *person) (consent.Record, error) {
				return p.consents.Confirm(t.Context(), p.waits(t, row.state), m, fresh, false)
			},
		} {
			p := newPerson()
			p.decided(t, bo, consent.Granted)
			p.clock.Advance(time.Hour)
			shown, err := do(p)
			if err == nil && row.want != "" || err != nil && fault.KindOf(err) != row.want || p.states(bo, cyd) != row.states || len(p.history()) != 0 {
				t.Errorf("%s, %s: %v, %s", what, name, err, p.states(bo, cyd))
			}
			if told := len(p.told); (told == 1) != (row.want == "") {
				t.Errorf("%s, %s: told %v", what, name, p.told)
			}
			if row.want == "" && (len(shown.Decisions) != 1 || shown.Decisions[privacy.MarketingEmail].State != row.state || !shown.RecordedAt.Equal(p.Now()) || shown.Version != 1) {
				t.Errorf("%s, %s: shown %+v", what, name, shown)
			}
			if _, yes, err := p.consents.Preferences(t.Context(), m); yes || err != nil {
				t.Errorf("%s, %s: the preferences are shown: %t, %v", what, name, yes, err)
			}
		}
	}
}

// T27: a refusal for several people that fails halfway is repeated, and holds for all of them.
func TestThreat_T27_ARefusalThatIsKilledHalfway(t *testing.T) {
	p := newPerson()
	id := p.waits(t, consent.Denied)
	m := Mailbox{ID: box, Doubt: subject.Shared, Shared: []privacy.SubjectID{bo, cyd}}
	p.waiting.fail = func(Confirmation) error { return errKilled }
	if _, err := p.consents.Confirm(t.Context(), id, m, fresh, false); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	p.waiting.fail = nil
	if _, err := p.consents.Confirm(t.Context(), id, m, fresh, false); err != nil || p.states(bo, cyd) != "[denied denied]" || p.newest(bo).Version != 1 || p.newest(cyd).Version != 1 {
		t.Errorf("%v, %s", err, p.states(bo, cyd))
	}
}

// F07, T27: a complaint of one of those who share an address withdraws the consent of all of them, once each. What one of them agreed to afterwards stays.
func TestThreat_T27_AComplaintByAnAddressThatTwoShare(t *testing.T) {
	p := newPerson()
	p.others = []privacy.SubjectID{bo, cyd}
	p.decided(t, bo, consent.Granted)
	p.clock.Advance(2 * time.Hour)
	p.decided(t, cyd, consent.Granted)
	for range 2 {
		if err := p.reports().Complained(t.Context(), complaint(time.Hour)); err != nil || p.states(bo, cyd) != "[denied granted]" {
			t.Errorf("%v, %s", err, p.states(bo, cyd))
		}
	}
	later := complaint(3 * time.Hour)
	later.MessageID = "m2"
	if err := p.reports().Complained(t.Context(), later); err != nil || p.states(bo, cyd) != "[denied denied]" || p.newest(bo).Version != 2 || p.newest(cyd).Version != 2 {
		t.Errorf("%v, %s", err, p.states(bo, cyd))
	}
}

// C03: somebody was joined to bo. What waited before is decided for bo, even in a session that knows nothing of the join, and so is one click in an
// old mail, until the join is taken back.
func TestPromise_C03_APersonWhoWasJoinedToAnother(t *testing.T) {
	p := newPerson()
	id := p.waits(t, consent.Denied)
	p.into = map[privacy.SubjectID]privacy.SubjectID{sid: bo}
	if _, err := p.consents.Confirm(t.Context(), id, annas, fresh, false); err != nil || p.states(sid, bo) != "[undecided denied]" {
		t.Errorf("what waited: %v, %s", err, p.states(sid, bo))
	}
	p = newPerson()
	p.decided(t, bo, consent.Granted)
	p.into = map[privacy.SubjectID]privacy.SubjectID{sid: bo}
	if err := p.consents.Unsubscribe(t.Context(), UnsubscribeToken(tokens, sid), withdrawal()); err != nil || p.states(sid, bo) != "[undecided denied]" {
		t.Errorf("one click: %v, %s", err, p.states(sid, bo))
	}
	p.into = nil
	if err := p.consents.Unsubscribe(t.Context(), UnsubscribeToken(tokens, sid), withdrawal()); err != nil || p.states(sid, bo) != "[denied denied]" {
		t.Errorf("one click, after the join was taken back: %v, %s", err, p.states(sid, bo))
	}
}

// C03: somebody was joined to a person who had denied before, and denies as well. That denial is kept, although it changes nothing while the join
// lasts, and holds for both once the join is taken back. Once is enough.
func TestPromise_C03_ADenialOfJoinedPeopleIsKeptForBoth(t *testing.T) {
	for name, deny := range map[string]func(*person) error{
		"one click": func(p *person) error {
			return p.consents.Unsubscribe(t.Context(), UnsubscribeToken(tokens, sid), withdrawal())
		},
		"a session": func(p *person) error {
			_, err := p.consents.Decide(t.Context(), Mailbox{ID: box, Subject: bo}, fresh, withdrawal())
			return err
		},
		"a frozen address": func(p *person) error {
			_, err := p.consents.Decide(t.Context(), Mailbox{ID: box, Doubt: subject.Frozen, Shared: []privacy.SubjectID{bo}}, fresh, withdrawal())
			return err
		},
	} {
		p := newPerson()
		p.decided(t, sid, consent.Granted)
		p.decided(t, bo, consent.Denied)
		p.clock.Advance(time.Hour)
		p.into, p.joinedAt = map[privacy.SubjectID]privacy.SubjectID{sid: bo}, p.clock.Now()
		for range 3 {
			if err := deny(p); err != nil {
				t.Fatal(name, err)
			}
			p.clock.Advance(time.Minute)
		}
		if stored := len(p.log.History(consent.Address(bo))); stored != 2 {
			t.Errorf("%s: %d records, want the denial before the join and one after it", name, stored)
		}
		if err := p.consents.Recorder.Carry(t.Context(), bo, subject.Former{ID: sid, At: p.joinedAt}); err != nil || p.states(sid, bo) != "[denied denied]" {
			t.Errorf("%s, taken back: %v, %s", name, err, p.states(sid, bo))
		}
	}
}

// The preferences of somebody to whom others were joined unite what all of them decided: a refusal before the join holds, and what they decide after it
// replaces it. The answer to a decision shows the same.
func TestThePreferencesOfSomebodyToWhomOthersWereJoined(t *testing.T) {
	p := newPerson()
	p.decided(t, sid, consent.Granted)
	p.decided(t, bo, consent.Denied)
	p.clock.Advance(time.Hour)
	m := Mailbox{ID: box, Subject: sid, Formerly: []subject.Former{{ID: bo, At: p.Now()}, {ID: cyd, At: p.Now()}}}
	shown := func() consent.State {
		t.Helper()
		r, yes, err := p.consents.Preferences(t.Context(), m)
		if !yes || err != nil {
			t.Fatal(yes, err)
		}
		return r.Effective(privacy.MarketingEmail, p.Now()).State
	}
	if state := shown(); state != consent.Denied {
		t.Errorf("after the join: %s", state)
	}
	p.clock.Advance(time.Hour)
	r, err := p.consents.Decide(t.Context(), m, fresh, decides(privacy.Testimonials, consent.Granted))
	if err != nil || r.Effective(privacy.MarketingEmail, p.Now()).State != consent.Denied || r.Effective(privacy.Testimonials, p.Now()).State != consent.Granted || shown() != consent.Denied {
		t.Errorf("after another decision: %+v, %v, %s", r, err, shown())
	}
	r, err = p.consents.Decide(t.Context(), m, fresh, decides(privacy.MarketingEmail, consent.Granted))
	if err != nil || r.Effective(privacy.MarketingEmail, p.Now()).State != consent.Granted || shown() != consent.Granted || p.newest(bo).Version != 1 {
		t.Errorf("after a new grant: %+v, %v, %s", r, err, shown())
	}
}

// T27: what a mailed link knows. Only a mailbox of one data subject has the one click: otherwise its token would name somebody by an address that may be
// another person's.
func TestThreat_T27_WhatALinkKnows(t *testing.T) {
	former := []subject.Former{{ID: cyd, At: now}}
	for name, row := range map[string]struct {
		known subject.Known
		want  Mailbox
	}{
		"one":               {subject.Known{Subject: sid, Others: []privacy.SubjectID{sid}}, Mailbox{Subject: sid}},
		"one, joined":       {subject.Known{Subject: sid, Others: []privacy.SubjectID{sid}, Formerly: former}, Mailbox{Subject: sid, Formerly: former}},
		"two":               {subject.Known{Others: []privacy.SubjectID{bo, sid}, Doubt: subject.Shared}, Mailbox{Doubt: subject.Shared, Shared: []privacy.SubjectID{bo, sid}}},
		"nobody any more":   {subject.Known{Doubt: subject.Detached}, Mailbox{Doubt: subject.Detached}},
		"a new owner":       {subject.Known{Subject: bo, Others: []privacy.SubjectID{bo}, Doubt: subject.Detached}, Mailbox{Doubt: subject.Detached, Shared: []privacy.SubjectID{bo}}},
		"a contested owner": {subject.Known{Subject: bo, Others: []privacy.SubjectID{bo}, Formerly: former, Doubt: subject.Frozen}, Mailbox{Doubt: subject.Frozen, Shared: []privacy.SubjectID{bo}}},
	} {
		w := newWorld(t)
		w.known = row.known
		letter := w.linked(ForRequests)
		w.must(w.links().Tell(t.Context(), box, "", Act{Kind: Discarded}))
		w.run()
		m, receipt := w.box(), w.receipts[0]
		got := Mailbox{Subject: m.Subject, Formerly: m.Formerly, Doubt: m.Doubt, Shared: m.Shared}
		token := ""
		if row.want.Subject != "" {
			token = UnsubscribeToken(tokens, row.want.Subject)
		}
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", row.want) || letter.Unsubscribe != token || receipt.Unsubscribe != token {
			t.Errorf("%s: %+v, the one click is %q and %q", name, got, letter.Unsubscribe, receipt.Unsubscribe)
		}
		if w.to[0] != "on record: "+anna.Lookup || w.to[1] != w.to[0] {
			t.Errorf("%s: mailed to %q", name, w.to)
		}
		session, _, err := w.open(letter)
		w.must(err)
		if p := m.ProofOfConfirmed(session); p.Fresh != true || (p.Mailbox == box) != (row.want.Subject != "") {
			t.Errorf("%s: %+v about requests that were confirmed", name, p)
		}
	}
}
