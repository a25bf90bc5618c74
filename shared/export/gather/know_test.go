package gather

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/export/bundle"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// H08: the statement is made from the policy alone. Nothing is read about anybody, so no store can fail it, and nothing that is stored is in it.
func TestPromise_H08_TheStatementReadsNothing(t *testing.T) {
	for _, id := range []privacy.SubjectID{"anna", ""} {
		for _, broken := range []string{"", "Stored", "History", "Sign", "Listed", "ListedOf", "Load", "State", "Aliases", "Confirmation", "Mailbox"} {
			r, asked := everything()
			asked.Right, asked.Scope, r.broken = privacy.Know, privacy.ByCategory, broken
			files := r.unpacked(t, asked, id)
			if len(files) != 3 || files["processing.json"] == nil || files["index.html"] == nil {
				t.Fatalf("%d files", len(files))
			}
			for name, content := range files {
				if bytes.Contains(content, []byte("canary")) {
					t.Errorf("%s has what is stored", name)
				}
			}
		}
	}
}

// H08: with a declaration, everything that is stored is in the answer, as in one to access.
func TestPromise_H08_SpecificPiecesAreEverything(t *testing.T) {
	r, asked := everything()
	asked.Right, asked.Scope, asked.Declared = privacy.Know, privacy.Specific, true
	r.erases()
	files := r.unpacked(t, asked, "anna")
	for _, row := range policy.Inventory {
		if row.File != "" && !bytes.Contains(files[row.File], []byte(`"canary-`+row.Kind+`"`)) {
			t.Errorf("%s is not in %s", row.Kind, row.File)
		}
	}
}

// H01, H04, H06, H10: what a person limits is in the answer with the request that imposed it, and each request says whether it is in force.
func TestPromise_H01_WhatIsLimitedIsShown(t *testing.T) {
	r, asked := everything()
	at := now.AddDate(0, -1, 0)
	r.known.Limits = standing.Limits{
		OptOuts: []standing.OptOut{{Request: "o", At: at}}, Objections: []standing.Objection{{Request: "r", At: at, Purposes: []privacy.Purpose{privacy.MarketingEmail}}},
		Restrictions: []standing.Restriction{{Request: "x", At: at, Ground: privacy.Claims, Purposes: []privacy.Purpose{"security"}, Categories: []privacy.Category{privacy.Contact}}}, FencedAt: now,
	}
	r.files["other"] = request.File{Request: request.Request{ID: "other", ReceivedAt: at}}
	r.listed.Requests = append(r.listed.Requests, "other")
	in := r.gathered(t, asked, "anna")
	who := in.Subject
	if !reflect.DeepEqual(who.OptOuts, []bundle.OptOut{{Request: "o", Since: at}}) || !reflect.DeepEqual(who.Objections, []bundle.Objection{{Request: "r", Since: at, Purposes: []privacy.Purpose{privacy.MarketingEmail}}}) ||
		!reflect.DeepEqual(who.Restrictions, []bundle.Restriction{{Request: "x", Since: at, Ground: privacy.Claims, Purposes: []privacy.Purpose{"security"}, Categories: []privacy.Category{privacy.Contact}}}) || !who.KeepingChanged.Equal(now) {
		t.Errorf("%+v", who)
	}
	if len(in.Requests) != 2 || in.Requests[0].InForce || !in.Requests[1].InForce {
		t.Errorf("%+v", in.Requests)
	}
}

// H01: everything that a request stores is shown: what exactly was asked for, who filed it, and what the team decided. Who of the team decided, and on
// whom else a request was imposed, is not: they are other people (threats T04, T08).
func TestPromise_H01_WhatWasAskedAndDecidedIsShown(t *testing.T) {
	r, asked := everything()
	file := r.files["r"]
	file.Request.Asked = request.Asked{Scope: privacy.Specific, Declared: true, Ground: privacy.Accuracy, Purposes: []privacy.Purpose{"security"}, Categories: []privacy.Category{privacy.Contact},
		Child: "kid@example.org", Agent: request.Agent{Name: "Lena", Email: "lena@law.example", Relation: "lawyer"}}
	staff := audit.Actor{ID: "staff-canary"}
	file.Request.Messages, file.Request.About = []request.Message{{At: now, Text: "words", Sure: true, Cut: true, Attachments: 3}, {At: now, Text: "on-canary"}}, "q"
	file.Request.Unproven, file.Request.RemindedAt, file.Request.On = true, now.Add(time.Minute), []privacy.SubjectID{"on-canary"}
	file.Request.Extension = request.Extension{Reason: "much", By: staff, DecidedAt: now, NoticeSent: now.Add(time.Hour)}
	file.Request.Outcome = request.Outcome{Result: request.PartlyDone, Reason: "because", By: staff, DecidedAt: now}
	r.files["r"] = file
	got := r.gathered(t, asked, "anna").Requests[0]
	want := bundle.Request{
		ID: "r", Right: privacy.Access, Scope: privacy.Specific, Declared: true, Ground: privacy.Accuracy, Purposes: []privacy.Purpose{"security"}, Categories: []privacy.Category{privacy.Contact},
		Child: "kid@example.org", Agent: &bundle.Agent{Name: "Lena", Address: "lena@law.example", Relation: "lawyer"}, Confirmed: true, RemindedAt: now.Add(time.Minute), Details: got.Details, ReceivedAt: now, DueAt: request.DueAt(file.Request), ConfirmedAt: now,
		Messages: []bundle.Message{{At: now, Text: "words", Cut: true, Attachments: 3}, {At: now, Hidden: true}}, About: "q",
		Extension: &bundle.Extension{Reason: "much", DecidedAt: now, NoticeAt: now.Add(time.Hour)}, Outcome: &bundle.Outcome{Result: "partly_done", Reason: "because", DecidedAt: now}, History: got.History, Exports: got.Exports,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\n not %+v", got, want)
	}
	file.Request.VerifiedAt = time.Time{}
	if r.files["r"] = file; !r.gathered(t, asked, "anna").Requests[0].Unproven {
		t.Error("nobody has confirmed it, and the answer does not say so")
	}
	for name, content := range r.unpacked(t, asked, "anna") {
		if bytes.Contains(content, []byte("staff-canary")) || bytes.Contains(content, []byte("on-canary")) {
			t.Errorf("%s names somebody else", name)
		}
	}
}

// H01, H03: somebody who was erased learns of it, of what was withheld and of legal holds, and that nothing but a keyed hash is left of their address.
func TestPromise_H03_AccessAfterAnErasure(t *testing.T) {
	r, asked := everything()
	r.erases()
	r.known.Erasure = standing.Erasure{Request: "s", At: now, Renewed: true, Acknowledged: []string{"crm"}}
	r.known.Others = []standing.Erasure{{Request: "earlier", At: now.AddDate(0, -1, 0)}}
	r.known.Holds = []standing.Hold{{ID: "h", At: now, Ground: "a claim", Categories: []privacy.Category{privacy.Contact}}}
	r.aliases["i#1#a"] = subject.Alias{Key: "i#1#a", ErasedAt: now, Mailbox: "mac"}
	in := r.gathered(t, asked, "anna")
	count := 2
	want := &bundle.Erasure{PlannedAt: now, BegunAt: now, Systems: []bundle.ErasingSystem{{Title: "CRM", AcknowledgedAt: now}}, Kinds: []bundle.ErasedKind{
		{Title: "canary-erasure_plan", Outcome: "withheld", Count: &count, Ground: privacy.LegalDuty, Law: "law", Reason: "reason", Until: now}, {Title: "rest", Outcome: "erased"}}}
	if len(in.Requests) != 2 || in.Requests[0].Erasure != nil || !reflect.DeepEqual(in.Requests[1].Erasure, want) {
		t.Errorf("%+v", in.Requests)
	}
	is := in.Subject
	if len(is.Erasures) != 2 || !reflect.DeepEqual(is.Erasures[0], bundle.Erased{Request: "s", Since: now, NewContract: true, Acknowledged: []string{"crm"}}) || is.Erasures[1].Request != "earlier" {
		t.Errorf("%+v", is.Erasures)
	}
	if len(is.Holds) != 1 || is.Holds[0].Reason != "a claim" || len(is.Addresses) != 1 || is.Addresses[0].Address != "" || !is.Addresses[0].ErasedAt.Equal(now) {
		t.Errorf("%+v %+v", is.Holds, is.Addresses)
	}
}
