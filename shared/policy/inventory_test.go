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
		if category := privacy.Category(row.Kind); row.Kind.isCategory() && row.Personal != category.HasSubject() {
			t.Errorf("%s is personal: %t", row.Kind, row.Personal)
		}
	}
}
