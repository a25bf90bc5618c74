package notice

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdeskexpert/privacy/shared/feedback"
)

var (
	noon    = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	seventh = Claim{Version: "2026-12-01", Number: 7, Aliases: []string{"a", "b"}}
)

// F02, F04, F15: answers of SES can be recorded late, by an invocation that lost its lease, and after reports that overtook them. A recipient never
// moves back, and everybody who may have two letters is counted.
func TestFault_F04_AnswersMoveARecipientOnlyForward(t *testing.T) {
	accepted, refused, nobody := feedback.Answer{Verdict: feedback.Accepted, MessageID: "new"}, feedback.Answer{Verdict: feedback.Refused, Reason: "rejected"}, feedback.Answer{Verdict: feedback.Uncertain}
	postponed := feedback.Answer{Verdict: feedback.Postponed, Reason: "throttled"}
	stored := func(claim int, s Outcome) Recipient {
		return Recipient{Alias: "b", Outcome: s, Claim: claim, Position: 1, Attempt: 1, Revision: 1, MessageID: "old", Since: noon.Add(-time.Hour)}
	}
	doubled := func(r Recipient) Recipient {
		r.Claim, r.Attempt, r.Doubled = 7, 2, true
		return r
	}
	taken := Recipient{Alias: "b", Outcome: Accepted, Claim: 7, Position: 1, Attempt: 1, MessageID: "new", Since: noon}
	again := func(r Recipient, attempt int) Recipient {
		r.Attempt, r.Revision = attempt, 1
		return r
	}
	for _, c := range []struct {
		when   string
		is     Recipient
		answer feedback.Answer
		want   Recipient
	}{
		{"nothing is known", Recipient{Alias: "b"}, accepted, taken},
		{"a later claim is recorded", stored(8, Unknown), accepted, stored(8, Unknown)},
		{"another invocation has recorded the answer", stored(7, Waiting), accepted, stored(7, Waiting)},
		{"a report came first: it bounced", stored(7, Failed), accepted, stored(7, Failed)},
		{"a report came first: it was delivered", stored(7, Delivered), nobody, stored(7, Delivered)},
		{"the same call was marked unknown", stored(7, Unknown), accepted, again(taken, 1)},
		{"the earlier letter arrived meanwhile, and this one is refused", stored(6, Delivered), refused, stored(6, Delivered)},
		{"SES had taken the earlier letter, and this one is postponed", stored(6, Accepted), postponed, stored(6, Accepted)},
		{"SES had taken the earlier letter, and perhaps this one", stored(6, Accepted), nobody, doubled(stored(6, Accepted))},
		{"the earlier letter arrived, and SES took this one", stored(6, Delivered), accepted, doubled(stored(6, Delivered))},
		{"the earlier letter waited", stored(6, Waiting), accepted, again(taken, 2)},
	} {
		got := c.is.answered(seventh, 1, c.answer, noon)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.when, diff)
		}
	}
}

// F04: a letter may have left, and SES refuses the next one for now. Only the letter that leaves after that may be a second one.
func TestFault_F04_ALetterThatMayBeTheSecond(t *testing.T) {
	is := Recipient{Alias: "b", Outcome: Unknown, Claim: 5, Attempt: 1, Revision: 1}
	is = is.answered(Claim{Number: 6, Aliases: []string{"b"}}, 0, feedback.Answer{Verdict: feedback.Postponed}, noon)
	if is.Outcome != Waiting || is.Doubled || !is.Unsettled {
		t.Errorf("after it was postponed: %+v", is)
	}
	is = is.answered(seventh, 1, feedback.Answer{Verdict: feedback.Accepted}, noon)
	if is.Outcome != Accepted || !is.Doubled || is.Unsettled || is.Attempt != 3 {
		t.Errorf("after it was accepted: %+v", is)
	}
}

// F07: the second letter came back, and a late report says that the first one arrived. Nobody can say that the person was told, since the address
// may be gone.
func TestFault_F07_ALateDeliveryDoesNotUndoABounce(t *testing.T) {
	is := Recipient{Alias: "b", Outcome: Failed, Reason: Bounced, Permanent: true, Claim: 8, Attempt: 2, Revision: 3}
	if got := is.reported(seventh, 1, feedback.Event{Outcome: feedback.Delivered, At: noon}); got != is {
		t.Errorf("%+v", got)
	}
}
