package policy

import "time"

// Terms are what a request keeps from the version of the policy under which it was received, whatever is published later (promises A02, H13).
type Terms struct {
	Version        string
	AnswerWithin   int    // in days
	ChildWithin    int    // in days, for a report about a child's data (promise I02)
	ComplaintAck   int    // in days, for the acknowledgement of a complaint (promise L03)
	QuestionWithin int    // in days, for the answer to a question (promise L02)
	TimeZone       string // of the controller, an IANA name; the deadlines count its days
	File           Span   // how long the request is kept after its answer
	History        Span   // how long each entry of its history is kept after its receipt
	Entry          Span   // how long the entry that lists it under its address is kept after its receipt
	Attempts       Span   // how long each of its attempts at an export is kept after its receipt
	Erasure        Span   // how long its erasure is kept after its receipt: what it planned and did, and the certificate
	Export         Span   // life of the exports that are made while the version is in force, and of their links
}

// Terms returns the terms of the policy.
func (p *Policy) Terms() Terms {
	return Terms{
		Version: p.Version, AnswerWithin: p.AnswerWithin, ChildWithin: p.ChildWithin, ComplaintAck: p.ComplaintAck, QuestionWithin: p.QuestionWithin, TimeZone: p.Controller.TimeZone,
		File: p.SpanOf(Request), History: p.SpanOf(RequestEvent), Entry: p.SpanOf(MailboxEntry), Attempts: p.SpanOf(ExportAttempt), Erasure: p.SpanOf(ErasurePlan), Export: p.SpanOf(ExportObject),
	}
}

// ExportsMadeBefore returns the time before which an export must have been made for its life to have ended at the time now. A link works for as long as
// its mail said. So an older version's life counts for as long as an export that was made under it may still work.
func (p *Policy) ExportsMadeBefore(now time.Time) time.Time {
	return exportsMadeBefore(p.SpanOf(ExportObject), published, terms, now)
}

// exportsMadeBefore computes it from the lists of versions, which both start with the newest.
func exportsMadeBefore(life Span, list History, terms []Terms, now time.Time) time.Time {
	made := life.Before(now)
	for i := 1; i < len(list); i++ {
		if m := terms[i].Export.Before(now); m.Before(list[i].Replaced()) && m.Before(made) {
			made = m
		}
	}
	return made
}

// TermsOf returns the terms of any published version. For an unknown version it returns the terms of the newest version it knows.
// This happens only if a deployment is rolled back and older code reads a newer request.
func TermsOf(version string) Terms {
	for _, t := range terms {
		if t.Version == version {
			return t
		}
	}
	return terms[0]
}
