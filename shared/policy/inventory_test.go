package policy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// named reads the constants of kinds.go: the kinds that code can name.
func named(t *testing.T) (kinds []Kind) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "kinds.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			for _, value := range spec.Values {
				text, err := strconv.Unquote(value.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				kinds = append(kinds, Kind(text))
			}
		}
		return true
	})
	return kinds
}

// The inventory has each category and each kind that the code can name, once, and the schedule has a rule for it.
func TestPromise_F08_TheInventoryHasEveryKindOnce(t *testing.T) {
	var want []Kind
	for _, category := range privacy.Categories {
		want = append(want, Kind(category))
	}
	if want = append(want, named(t)...); !slices.Equal(StoredKinds(), want) {
		t.Errorf("the inventory has\n%q\nnot\n%q", StoredKinds(), want)
	}
	if own := OwnKinds(); !slices.Equal(own, named(t)) {
		t.Errorf("own kinds: %q", own)
	}
	for _, row := range Inventory {
		if Newest().RetentionOf(row.Kind).ID == "" {
			t.Errorf("%s has no rule in the schedule", row.Kind)
		}
	}
}

// Each row says what is stored, and either where an answer to access shows it or why none does. What holds no personal data needs no answer,
// and what holds some is left out for a reason of its own.
func TestPromise_H01_TheInventorySaysWhyAnAnswerLeavesAKindOut(t *testing.T) {
	for _, row := range Inventory {
		if row.Holds == "" || (row.File == "") == (row.Omitted == "") {
			t.Errorf("%s holds %q, is shown in %q, is omitted because %q", row.Kind, row.Holds, row.File, row.Omitted)
		}
		if len(row.Places) > 0 && row.Personal == (row.Omitted == notPersonal) {
			t.Errorf("%s is personal: %t; it is omitted because %q", row.Kind, row.Personal, row.Omitted)
		}
		if category := privacy.Category(row.Kind); row.Kind.IsCategory() && row.Personal != category.HasSubject() {
			t.Errorf("%s is personal: %t", row.Kind, row.Personal)
		}
	}
}

// Each kind is erased, or withheld with a ground from the policy, or holds no personal data (promise H03). What no erasure looks for says why. It is withheld
// then, whole; or it holds no personal data.
func TestPromise_H03_EveryKindIsErasedOrWithheldOrHoldsNoPersonalData(t *testing.T) {
	for _, row := range Inventory {
		rule := Newest().RetentionOf(row.Kind).Erasure
		switch {
		case !row.Personal && row.Untouched != notPersonal:
			t.Errorf("%s holds no personal data, and no erasure looks for it because %q", row.Kind, row.Untouched)
		case !row.Personal:
		case row.Untouched == notPersonal:
			t.Errorf("%s holds personal data", row.Kind)
		case row.Untouched != "" && (rule.Withhold == "" || rule.While != "" || len(rule.Drops) > 0):
			t.Errorf("the policy erases %s, or a part of it, and no erasure looks for it because %q", row.Kind, row.Untouched)
		case rule.Withhold != "" && (rule.Law == "" || rule.Reason == ""):
			t.Errorf("%s is withheld without a law or a reason", row.Kind)
		case row.Kind.IsCategory() && row.Untouched != "":
			t.Errorf("%s is a category of records, and no erasure looks for it", row.Kind)
		}
	}
}
