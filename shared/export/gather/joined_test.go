package gather

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/export/bundle"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// joins puts a data subject "bert" on record to whom "anna" was joined, and who has a record of the same id, a newer one, and a consent.
func (r rig) joins() {
	at := now.Add(-time.Hour)
	r.more = map[privacy.SubjectID]*other{"bert": {
		records: []record.OnFile{
			{Record: record.Record{Category: privacy.Account, ID: "canary-account", OccurredAt: now.Add(time.Second), Data: []byte(`{"of":"bert"}`)}},
			{Record: record.Record{Category: privacy.Account, ID: "z", OccurredAt: now, Data: []byte(`{"of":"bert"}`)}},
		},
		consents: []consent.Record{{Version: 1, Surface: "bert", RecordedAt: now.Add(-time.Hour)}},
		state: standing.Snapshot{State: standing.State{Formerly: []subject.Former{{ID: "anna", At: at}}}, Aliases: []string{"i#1#a", "i#1#b", "x#1#c"},
			Shared: []string{"i#1#b"}},
	}}
	r.known.Into = "bert"
	r.aliases["i#1#b"] = subject.Alias{Spelling: "bert@example.org", Client: "crm", AttachedAt: at, FrozenAt: now, Subjects: []privacy.SubjectID{"bert", "carl"}}
	r.aliases["x#1#c"] = subject.Alias{Client: "shop"}
}

// H01: whoever was joined to somebody is answered with the data of both: records in the order of their keys, of two with one id the newer, consents
// oldest first, and requests that either sent by an address of before.
func TestPromise_H01_TheDataOfBothIsThere(t *testing.T) {
	for _, asked := range []privacy.SubjectID{"anna", "bert"} {
		r, of := everything()
		r.joins()
		r.left = map[privacy.SubjectID][]string{"anna": {"left", "r"}, "bert": {"gone"}}
		r.files["left"] = request.File{Request: request.Request{ID: "left", ReceivedAt: now.AddDate(0, 0, -1)}}
		in := r.gathered(t, of, asked)
		owners, last := map[string]string{}, bundle.Record{}
		for one, err := range in.Records {
			if err != nil || one.Category < last.Category || one.Category == last.Category && one.ID <= last.ID {
				t.Fatalf("%s %s after %s %s: %v", one.Category, one.ID, last.Category, last.ID, err)
			}
			owners[string(one.Category)+" "+one.ID], last = string(one.Data), one
		}
		if len(owners) != len(categories())+1 || owners["account canary-account"] != `{"of":"bert"}` || owners["account z"] == "" || owners["contact canary-contact"] != "{}" {
			t.Errorf("%v", owners)
		}
		var surfaces []string
		for _, text := range in.Consents {
			var shown proof
			if err := json.Unmarshal(text, &shown); err != nil {
				t.Fatal(err)
			}
			surfaces = append(surfaces, shown.Receipt)
		}
		if !slices.Equal(surfaces, []string{"signed canary-consent_record", "signed bert"}) {
			t.Errorf("%q", surfaces)
		}
		if len(in.Requests) != 2 || in.Requests[0].ID != "left" || in.Requests[1].ID != "r" {
			t.Errorf("%+v", in.Requests)
		}
		want := bundle.Subject{ID: "bert", Formerly: []bundle.Former{{ID: "anna", JoinedAt: now.Add(-time.Hour)}}, IDs: []bundle.SystemID{{System: "shop"}},
			Addresses: []bundle.Address{{Address: "canary-subject_alias"}, {Address: "bert@example.org", System: "crm", AttachedAt: now.Add(-time.Hour), FrozenAt: now, Shared: true}}}
		if in.Subject.PendingConsents, in.Subject.Mailbox = nil, nil; !reflect.DeepEqual(in.Subject, want) {
			t.Errorf("%+v", in.Subject)
		}
	}
}

// changing lets the states change with each read.
type changing struct {
	*stores
	reads  int
	states func(read int, id privacy.SubjectID) standing.State
}

func (c *changing) State(_ context.Context, id privacy.SubjectID) (standing.Snapshot, bool, error) {
	c.reads++
	return standing.Snapshot{State: c.states(c.reads, id)}, true, nil
}

// T27: a join, or its end, beside an export. The bundle has the data of one or of both, and never that of somebody to whom the data subject is not
// joined.
func TestThreat_T27_AJoinBesideAnExport(t *testing.T) {
	joined := map[privacy.SubjectID]standing.State{"anna": {Into: "bert"}, "bert": {Formerly: []subject.Former{{ID: "anna"}}}}
	for name, c := range map[string]struct {
		states func(read int, id privacy.SubjectID) standing.State
		want   []privacy.SubjectID // nil for an error
	}{
		"joined after the first read": {func(read int, id privacy.SubjectID) standing.State {
			return map[bool]standing.State{true: joined[id]}[read > 1]
		}, []privacy.SubjectID{"anna"}},
		"separated after the first read": {func(read int, id privacy.SubjectID) standing.State {
			return map[bool]standing.State{true: joined[id]}[read == 1]
		}, []privacy.SubjectID{"anna"}},
		"separated before, and joined again": {func(read int, id privacy.SubjectID) standing.State {
			return map[bool]standing.State{true: joined[id]}[read != 2]
		}, []privacy.SubjectID{"bert", "anna"}},
		"separated and joined again each time": {func(read int, id privacy.SubjectID) standing.State {
			return map[bool]standing.State{true: joined[id]}[read%2 == 1]
		}, nil},
	} {
		r := newRig()
		s := &changing{stores: r.stores, states: c.states}
		r.Subjects = s
		got, err := r.resolve(t.Context(), "anna")
		if c.want == nil && err == nil || c.want != nil && (err != nil || !slices.Equal(got.persons, c.want) || got.subject != c.want[0]) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// F20: a list of records that breaks in the middle ends all of them.
func TestFault_F20_NoMergedRecordIsMissing(t *testing.T) {
	r, of := everything()
	r.joins()
	r.broken = "Stored"
	var err error
	for _, err = range r.gathered(t, of, "anna").Records {
		if err != nil {
			break
		}
	}
	if !errors.Is(err, errBroken) {
		t.Errorf("the records end with %v", err)
	}
}

// H01: for all lists: the merged list is in the order of the keys, has each key once, and has of each key the newest record. It can be left at any
// point.
func TestProperty_H01_MergedLists(t *testing.T) {
	soak.Check(t, func(t *rapid.T) {
		newest := map[string]record.OnFile{}
		var lists []iter.Seq2[record.OnFile, error]
		for range rapid.IntRange(2, 6).Draw(t, "lists") {
			own := map[string]record.OnFile{}
			for range rapid.IntRange(0, 8).Draw(t, "records") {
				one := record.OnFile{StoredAt: now.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "stored")) * time.Hour)}
				one.Category = privacy.Categories[rapid.IntRange(0, 2).Draw(t, "category")]
				one.ID, one.OccurredAt = rapid.StringMatching("[ab#]{1,2}").Draw(t, "id"), now.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "occurred"))*time.Hour)
				own[string(one.Category)+" "+one.ID] = one
			}
			var list []record.OnFile
			for key, one := range own {
				list = append(list, one)
				if was, there := newest[key]; !there || compareAge(one, was) > 0 {
					newest[key] = one
				}
			}
			slices.SortFunc(list, compareKeys)
			lists = append(lists, func(yield func(record.OnFile, error) bool) {
				for _, one := range list {
					if !yield(one, nil) {
						return
					}
				}
			})
		}
		most, count, last := rapid.IntRange(0, len(newest)).Draw(t, "read"), 0, record.OnFile{}
		for one, err := range merged(lists) {
			want := newest[string(one.Category)+" "+one.ID]
			if err != nil || compareAge(one, want) != 0 || count > 0 && compareKeys(last, one) >= 0 {
				t.Fatalf("%+v after %+v, want %+v, %v", one, last, want, err)
			}
			if last, count = one, count+1; count == most {
				return
			}
		}
		if count != len(newest) {
			t.Fatalf("%d of %d records", count, len(newest))
		}
	})
}
