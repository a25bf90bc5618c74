package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// begin returns the schedule's word for the time from which the service counts the period of one of its own kinds. It returns ""
// for a category, because the records of a category state that time themselves.
func begin(kind Kind) string {
	switch kind {
	case ConsentRecord:
		return "consent_ended"
	case Request:
		return "answered"
	case RequestEvent, ExportAttempt, ErasurePlan, MailboxEntry:
		return "received"
	case SubjectAlias, SubjectState:
		return "last_record"
	case ServiceLog:
		return "at"
	default:
		if slices.Contains(OwnKinds(), kind) {
			return "created"
		}
		return ""
	}
}

// endless lists the starts of rules without a period. An event ends what they govern.
var endless = [...]string{"consent_withdrawn", "last_record"}

// periods demands that each rule has a period, or an event that ends it. The period must start when the service starts to count, and the words
// must say the same as the figures (promises A02, F08).
func (c *checker) periods(p *Policy) {
	for i, r := range p.Retention {
		named := slices.Contains(endless[:], r.Starts)
		c.refuse(named != (r.Span() != Span{}), "a rule has a period, or an event that ends what it governs (promise F08)", "/retention/%d", i)
		c.refuse(strings.Contains(r.Period, r.Span().String()), "the period in words is not the one in figures (promise F08)", "/retention/%d/period", i)
		c.refuse(strings.Contains(r.Start, Span{Days: r.UnconsentedDays}.String()),
			"the days without a consent in words are not those in figures (promise A02)", "/retention/%d/start", i)
		for _, kind := range r.Stored {
			from := begin(kind)
			c.refuse(from == "" || from == r.Starts, "the service counts the period of "+string(kind)+" from "+from+" (promise F08)", "/retention/%d/starts", i)
		}
	}
	from := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC) // any day
	c.refuse(p.SpanOf(Confirmation).After(from).After(p.SpanOf(MailboxLink).After(from)),
		"a consent that waits must be kept longer than its link works (fault F23)", "/retention")
	c.refuse(p.OptOutMonths >= 12, "nobody who has opted out may be asked again within 12 months (CCPA regulations §7028)", "/optOutMonths")
	c.says(p.Changes, "/changes", "banner", Span{Days: p.BannerDays})
	c.says(p.Decisions, "/decisions", "consent_life", Span{Months: p.ConsentMonths})
	c.says(p.Decisions, "/decisions", "version_grace", Span{Days: p.VersionGrace})
	c.says(p.Decisions, "/decisions", "opt_out", Span{Months: p.OptOutMonths})
	c.says(p.Decisions, "/decisions", "reports", Span{Days: p.ChildWithin})
	c.says(p.Decisions, "/decisions", "reports", Span{Days: p.ComplaintAck})
	c.says(p.Decisions, "/decisions", "questions", Span{Days: p.QuestionWithin})
	c.says(p.Decisions, "/decisions", "leads", p.SpanOf("account"))
	c.says(p.Decisions, "/decisions", "support_mail", p.SpanOf("communication"))
	c.says(p.Decisions, "/decisions", "unconsented", Span{Days: p.RetentionOf("marketing").UnconsentedDays})
}

// says demands that a statement which repeats a figure repeats the one in force.
func (c *checker) says(list []Statement, path, id string, figure Span) {
	for i, s := range list {
		c.refuse(s.ID != id || strings.Contains(s.Text, figure.String()),
			fmt.Sprintf("the statement does not say %q, as the figures do (promise A02)", figure), "%s/%d/text", path, i)
	}
}
