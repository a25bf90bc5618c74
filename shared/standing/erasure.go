package standing

import (
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Erasure is an erasure of a data subject (GDPR Art. 17; promise H03). The zero Erasure says that nothing was ever erased.
type Erasure struct {
	Request string    // its id, which is also the id of the erasure
	At      time.Time // when it began. Nothing that was taken in before then is kept, but for what is withheld
	// Of lists whose stored records it covers: those of the data subject, and of everybody who was joined to them when it began.
	Of []privacy.SubjectID
	// LapsedAt is since when no contract withholds account data any more; zero while one does. A contract that begins later is another one: it withholds
	// nothing of what was there before.
	LapsedAt time.Time
	// Renewed says that a contract has begun since. From then on, records are taken in as those of anybody else.
	Renewed bool
	// Acknowledged lists the client systems that have erased the data subject too. What they send about the time since is taken in.
	Acknowledged []string
}

// Covered is what a record says in place of the erasure that it came after, if it was taken in although an erasure covers it: the erasure withholds its
// category.
const Covered = "covered"

// Equal reports whether both say the same.
func (e Erasure) Equal(other Erasure) bool {
	return e.Request == other.Request && e.At.Equal(other.At) && slices.Equal(e.Of, other.Of) && e.LapsedAt.Equal(other.LapsedAt) &&
		e.Renewed == other.Renewed && slices.Equal(e.Acknowledged, other.Acknowledged)
}

// touches reports whether the erasure covers records of any of the data subjects, and of anybody else.
func (e Erasure) touches(ids []privacy.SubjectID) (them, others bool) {
	for _, id := range e.Of {
		if slices.Contains(ids, id) {
			them = true
		} else {
			others = true
		}
	}
	return them, others
}

// Erased reports whether the data subject was ever erased, or somebody who was joined to them.
func (s State) Erased() bool { return s.Erasure.Request != "" }

// Erasures returns the last erasure and the others, newest first.
func (s State) Erasures() []Erasure {
	if !s.Erased() {
		return nil
	}
	return slices.Concat([]Erasure{s.Erasure}, s.Others)
}

// withErasures returns the state with these erasures, the newest of which is the last one.
func (s State) withErasures(all []Erasure) State {
	s.Erasure, s.Others = Erasure{}, nil
	if len(all) > 0 {
		all = slices.Clone(all)
		slices.SortStableFunc(all, func(a, b Erasure) int { return b.At.Compare(a.At) })
		s.Erasure, s.Others = all[0], without(all[1:], func(Erasure) bool { return false })
	}
	return s
}

// changed returns the state with each of its erasures changed.
func (s State) changed(change func(Erasure) Erasure) State {
	all := s.Erasures()
	for i, e := range all {
		all[i] = change(e)
	}
	return s.withErasures(all)
}

// CoveredBy returns the erasure that covers what is stored of a data subject, unless it came later; false if there is none.
func (s State) CoveredBy(person privacy.SubjectID) (Erasure, bool) {
	all := s.Erasures()
	i := slices.IndexFunc(all, func(e Erasure) bool { return slices.Contains(e.Of, person) })
	if i < 0 {
		return Erasure{}, false
	}
	return all[i], true
}

// Covers reports whether an erasure covers a record of a data subject. after is what the record says: the erasure that it came after, or [Covered].
func (s State) Covers(person privacy.SubjectID, after string) bool {
	e, erased := s.CoveredBy(person)
	return after == Covered || erased && after != e.Request
}

// Erase returns the state once an erasure has begun. Data of the data subject may be used no more, unless it is withheld. A consent that they gave before
// counts no more; a refusal, an objection and an opt-out go on. What was taken in so far is covered by the erasure, and what is taken in from now on says
// that it came after it. of lists everybody whose records are erased. The data subject stays known until the time given at least, so that what other
// systems send about them is turned away (fault F26), and as long as something of them is stored: see [State.Settled]. The state of somebody who was
// joined to another one does not change, nor does one that says that a later erasure has begun.
func (s State) Erase(request string, of []privacy.SubjectID, until, now time.Time) State {
	all := s.Erasures()
	if s.Into != "" || slices.ContainsFunc(all, func(e Erasure) bool { them, _ := e.touches(of); return e.Request == request || them && e.At.After(now) }) {
		return s
	}
	others := without(all, func(e Erasure) bool { _, others := e.touches(of); return !others })
	s = s.withErasures(append(others, Erasure{Request: request, At: now.UTC().Round(0), Of: slices.Clone(of)}))
	s.FencedAt = later(s.FencedAt, now)
	s.Newest, s.Unconsented = time.Time{}, time.Time{}
	s.AccountData, s.Endless = false, s.Endless && s.Held(privacy.Marketing)
	if s.Marketing == Consented {
		s.Marketing = NoChoice
	}
	s.Latest = time.Time{}
	return s.lasting(until).lasting(s.Proof.Until).Lapsed(now)
}

// Settled returns the state after a pass of an erasure over everything that is stored. latest is when the last of what is withheld expires, or later if
// the data subject has to be known for longer. It never makes them known for less long, so a pass that has missed a record does no harm.
func (s State) Settled(latest, now time.Time) State { return s.lasting(latest).Lapsed(now) }

// Lapsed returns the state once no contract withholds account data from an erasure any more. If all account data was covered, nothing is left of the
// contract but its end, which counts if an older system sends the account again ([State.ForgottenEnd]).
func (s State) Lapsed(now time.Time) State {
	if s.underContract(now) || !s.withholdsAccount() {
		return s
	}
	at := now
	if s.Contract == Ended {
		at = s.EndedAt
	}
	s = s.changed(func(e Erasure) Erasure {
		if e.LapsedAt.IsZero() {
			e.LapsedAt = later(e.At, at)
		}
		return e
	})
	if !s.AccountData {
		s.Contract = NoContract
	}
	return s
}

// withholdsAccount reports whether a contract withholds account data from an erasure, or did until it ended just now.
func (s State) withholdsAccount() bool {
	return slices.ContainsFunc(s.Erasures(), func(e Erasure) bool { return e.LapsedAt.IsZero() })
}

// StoresAccountData reports whether account data has been stored whose expiry follows the contract.
func (s State) StoresAccountData() bool { return s.AccountData || s.withholdsAccount() }

// Withholds says on which ground an erasure of the data subject leaves out data of the category, or "" if it erases it. rule is the retention rule of the
// category. To learn what an erasure would do that has not begun, ask the state that [State.Erase] returns.
func (s State) Withholds(rule policy.Retention, category privacy.Category, now time.Time) privacy.Withholding {
	if s.Held(category) {
		return privacy.LegalHold
	}
	return s.Ground(rule, now)
}

// Ground is [State.Withholds] without legal holds: a hold keeps what is stored, but nobody may use it or collect more because of it.
func (s State) Ground(rule policy.Retention, now time.Time) privacy.Withholding {
	if rule.Erasure.While == policy.WhileContract && (!s.underContract(now) || !s.withholdsAccount()) {
		return ""
	}
	return rule.Erasure.Withhold
}

// Withholding returns the erasure from which account data is withheld longest that is taken in although one covers it; zero if nothing was erased.
func (s State) Withholding() (longest Erasure) {
	for i, e := range s.Erasures() {
		if i == 0 || e.LapsedAt.IsZero() || !longest.LapsedAt.IsZero() && e.LapsedAt.After(longest.LapsedAt) {
			longest = e
		}
	}
	return longest
}

// CoveredUntil returns when records of a category expire that an erasure covers: when it began, or when the contract ends that withholds them, which is
// zero while that has no end. It returns false for records that the erasure leaves their own period, and for those under a legal hold.
func (s State) CoveredUntil(e Erasure, rule policy.Retention, category privacy.Category) (time.Time, bool) {
	switch {
	case s.Held(category):
		return time.Time{}, false
	case rule.Erasure.Withhold == "":
		return e.At, !e.At.IsZero()
	case rule.Erasure.While != policy.WhileContract:
		return time.Time{}, false
	case !e.LapsedAt.IsZero():
		return e.LapsedAt, true
	case s.Contract == Running:
		return time.Time{}, true
	default:
		return later(e.At, s.EndedAt), true
	}
}

// underContract reports whether a contract runs at the time given: it has no end, or its end lies ahead.
func (s State) underContract(now time.Time) bool {
	return s.Contract == Running || s.Contract == Ended && s.EndedAt.After(now)
}

// Acknowledge returns the state after a client system has said that it has erased the data subject too, for the erasure of a request.
func (s State) Acknowledge(request, client string) State {
	return s.changed(func(e Erasure) Erasure {
		if e.Request == request && !slices.Contains(e.Acknowledged, client) {
			e.Acknowledged = append(slices.Clone(e.Acknowledged), client)
			slices.Sort(e.Acknowledged)
		}
		return e
	})
}

// TurnsAway returns the erasure because of which a record of a client system that is about the time given is not taken in like that of anybody else, or ""
// if none is: nothing was erased, a contract has begun since, or the system has erased the data subject too and speaks of the time since (fault F26). What
// is withheld from an erasure is taken in all the same, since the same ground holds for it.
func (s State) TurnsAway(client string, about time.Time) (request string) {
	for _, e := range s.Erasures() {
		if !e.Renewed && (!slices.Contains(e.Acknowledged, client) || !about.After(e.At)) {
			return e.Request
		}
	}
	return ""
}

// Anew reports whether data of the data subject may be used like that of anybody else: nothing was erased, or a contract has begun since.
func (s State) Anew() bool {
	return !slices.ContainsFunc(s.Erasures(), func(e Erasure) bool { return !e.Renewed })
}

// Outlives reports whether what the data subject decided at the time given was decided after every erasure. A consent that was given before counts no
// more.
func (s State) Outlives(decided time.Time) bool {
	return !slices.ContainsFunc(s.Erasures(), func(e Erasure) bool { return !decided.After(e.At) })
}

// Renew returns the state after a contract began, if it began after an erasure.
func (s State) Renew(startedAt, now time.Time) State {
	if !slices.ContainsFunc(s.Erasures(), func(e Erasure) bool { return startedAt.After(e.At) }) {
		return s
	}
	return s.Lapsed(now).changed(func(e Erasure) Erasure {
		e.Renewed = e.Renewed || startedAt.After(e.At)
		return e
	})
}

// unitedErasures unites the erasures of two data subjects who are one person from now on. What comes in, and what is decided, has to heed both. Each goes
// on to cover only the records of whom it was: nobody asked for those of the other to be erased, and a join can be taken back while an erasure cannot. One
// that was of both, as they were joined before, is there once: what has come to allow something again has to have come for both.
func (s State) unitedErasures(other State) State {
	all := s.Erasures()
	for _, e := range other.Erasures() {
		i := slices.IndexFunc(all, func(same Erasure) bool { return same.Request == e.Request })
		if i < 0 {
			all = append(all, e)
			continue
		}
		same := &all[i]
		same.Renewed = same.Renewed && e.Renewed
		same.Acknowledged = without(same.Acknowledged, func(client string) bool { return !slices.Contains(e.Acknowledged, client) })
		if e.LapsedAt.IsZero() {
			same.LapsedAt = time.Time{}
		}
	}
	return s.withErasures(all)
}

// erasuresApart divides the erasures of a data subject with those who leave: each gets those that cover records of theirs.
func erasuresApart(stays, gone State, leave []privacy.SubjectID) (stay, apart State) {
	all := stays.Erasures()
	stay = stays.withErasures(without(all, func(e Erasure) bool { _, others := e.touches(leave); return !others }))
	apart = gone.withErasures(without(all, func(e Erasure) bool { them, _ := e.touches(leave); return !them }))
	return stay, apart
}
