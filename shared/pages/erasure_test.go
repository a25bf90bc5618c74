package pages

import (
	"regexp"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// H03: the policy's page says for each row of the schedule whether an erasure deletes what it governs, and if not why, by which law, and what is deleted all
// the same. A version that says nothing of it has no such column.
func TestPromise_H03_EachRowSaysWhatAnErasureDoes(t *testing.T) {
	p := policy.Newest()
	page := rendered(t, p, PolicyPage)
	for _, r := range p.Retention {
		row := regexp.MustCompile(`<tr role="row" id="keep-` + r.ID + `">.*</tr>`).FindString(page)
		_, says, _ := strings.Cut(row, ifErased)
		says = text(says)
		want := "We delete it."
		if r.Erasure.Withhold != "" {
			want = "We keep it. " + r.Erasure.Reason + " (" + r.Erasure.Law + ")"
		}
		if !strings.Contains(says, want) {
			t.Errorf("%s says %q, not %q", r.ID, says, want)
		}
		if drops := strings.Contains(says, "Deleted all the same: Last four digits of the card."); drops != (r.ID == "invoices") {
			t.Errorf("%s says %q", r.ID, says)
		}
	}
	if strings.Count(page, ">"+ifErased+"</th>") != 2 {
		t.Error("a table of the schedule has no head for it")
	}
	if old := shown(t, Compiled(), VersionPage, "2025-08-18", noon); strings.Contains(old, ifErased) || !strings.Contains(old, "keep-invoices") {
		t.Error("an older version says what an erasure does")
	}
}

// The page of a plan knows how long each kind is kept that an erasure withholds, and what each part is called that it drops of a category.
func TestThePlanHasTheWordsOfThePolicy(t *testing.T) {
	p := policy.Newest()
	found := map[string]string{}
	for _, w := range planWords(p) {
		found[w.Kind+" "+w.ID] = w.Text
	}
	if found["period transaction"] != p.RetentionFor(privacy.Transaction).Period || found["field transaction.cardLast4"] != "Last four digits of the card" || found["period communication"] != "" {
		t.Errorf("the words are %v", found)
	}
	for _, name := range []Name{MePage, StatusPage} {
		if page := rendered(t, p, name); !strings.Contains(page, `<i data-kind="period" data-id="transaction">`) {
			t.Errorf("%s has no words for a plan", name)
		}
	}
}

// The form of an erasure names what may have to stay: data about people, by the titles of the policy.
func TestTheFormSaysWhatMayStay(t *testing.T) {
	p := policy.Newest()
	for _, right := range []string{"erasure", "delete"} {
		_, form := about(t, p, RequestPage, "right="+right)
		for _, r := range p.Retention {
			if want := !r.Own && r.Erasure.Withhold != "" && r.Erasure.Withhold != privacy.Anonymous; strings.Contains(text(form), "“"+r.Title+"”") != want {
				t.Errorf("%s: %s is named is not %t", right, r.Title, want)
			}
		}
	}
}
