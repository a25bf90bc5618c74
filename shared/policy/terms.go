package policy

import "time"

// Terms are what a request keeps of the version of the policy under which it was received, whatever is published later (promises A02, H13).
type Terms struct {
	Version      string
	AnswerWithin int    // days
	TimeZone     string // of the controller, an IANA name; the clocks count its days
	File         Span   // how long the request is kept after its answer
	History      Span   // how long each line of its history is kept after its receipt
	Entry        Span   // how long the entry that finds it by its address is kept after its receipt
	Attempts     Span   // how long each of its attempts at an export is kept after its receipt
	Export       Span   // life of the exports that were made while the version was in force, and of their links
}

// Terms returns the terms of the policy.
func (p *Policy) Terms() Terms {
	return Terms{
		Version: p.Version, AnswerWithin: p.AnswerWithin, TimeZone: p.Controller.TimeZone,
		File: p.SpanOf(Request), History: p.SpanOf(RequestEvent), Entry: p.SpanOf(MailboxEntry), Attempts: p.SpanOf(ExportAttempt), Export: p.SpanOf(ExportObject),
	}
}

// ExportsMadeBefore returns the moment before which those exports were made whose life is over at the time now. A link works as long as its
// mail said, so an older version counts as long as an export that was made under it can be alive.
func (p *Policy) ExportsMadeBefore(now time.Time) time.Time {
	return exportsMadeBefore(p.SpanOf(ExportObject), published, terms, now)
}

// exportsMadeBefore looks at the lists of versions, which both start with the newest.
func exportsMadeBefore(life Span, list []Published, terms []Terms, now time.Time) time.Time {
	made := life.Before(now)
	for i := 1; i < len(list); i++ {
		replaced := DaysAfter(list[i-1].LastUpdated, 0)
		if m := terms[i].Export.Before(now); m.Before(replaced) && m.Before(made) {
			made = m
		}
	}
	return made
}

// TermsOf returns the terms of a version that was ever published. A request can name another one only where code older than the request
// reads it, during a deployment that is rolled back: then the terms of the newest version it knows count.
func TermsOf(version string) Terms {
	for _, t := range terms {
		if t.Version == version {
			return t
		}
	}
	return terms[0]
}
