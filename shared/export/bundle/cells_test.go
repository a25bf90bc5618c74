package bundle

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// A member that is missing is not shown, unless its label has words for that. A member that is there but empty gets those words or a dash.
func TestWhatIsShownForAMissingMember(t *testing.T) {
	labels := []label{{Name: "a", Title: "A"}, {Name: "b", Title: "B", Absent: "none"}, {Name: "c", Title: "C", Type: typeFile, Absent: "none"}}
	for raw, want := range map[string][]cellView{
		`{"a":"x","b":"y","c":"z"}`: {{Title: "A", Text: "x"}, {Title: "B", Text: "y"}},
		`{}`:                        {{Title: "B", Text: "none"}},
		`{"a":null,"b":null}`:       {{Title: "A", Text: "–"}, {Title: "B", Text: "none"}},
		`{"a":"","b":""}`:           {{Title: "A", Text: "–"}, {Title: "B", Text: "none"}},
		`{"a":[],"b":{}}`:           {{Title: "A", Text: "–"}, {Title: "B", Text: "none"}},
		`{"a":0,"b":false}`:         {{Title: "A", Text: "0"}, {Title: "B", Text: "false"}},
		`{"d":"x"}`:                 {{Title: "B", Text: "none"}, {Title: "D", Text: "x"}},
	} {
		got, err := newReader(input(privacy.Access, nil)).cells(labels, []byte(raw))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", raw, err, diff)
		}
	}
}

// How a value is shown depends on its label: as a text, a list of texts, a table, or objects one below the other.
func TestShapesOfAValue(t *testing.T) {
	columns := []label{{Name: "a", Title: "A"}, {Name: "b", Title: "B", Absent: "none"}, {Name: "c", Title: "C"}}
	for _, c := range []struct {
		name, raw string
		label     label
		want      cellView
	}{
		{"a text", `"x"`, label{}, cellView{Text: "x"}},
		{"a list of texts", `["x",null,7]`, label{}, cellView{Items: []string{"x", "", "7"}}},
		{"a list inside a list", `[["x","y"],"z"]`, label{}, cellView{Items: []string{"x, y", "z"}}},
		{"a table, with a missing value in each column", `[{"b":"y","c":"z"},{"a":"x","c":null},{"a":"x","b":"y"}]`, label{Fields: columns},
			cellView{Head: []string{"A", "B", "C"}, Rows: [][]string{{"–", "y", "z"}, {"x", "none", "–"}, {"x", "y", "–"}}}},
		{"objects without labels", `[{"a":"x"},{}]`, label{}, cellView{Inner: [][]cellView{{{Title: "A", Text: "x"}}, nil}}},
		{"empty objects, which fill no table", `[{}]`, label{}, cellView{Inner: [][]cellView{nil}}},
		{"choices", `{"p":"yes"}`, label{Type: typePurposes, Fields: []label{{Name: "purpose", Title: "Purpose"}, {Name: "state", Title: "Choice"}}},
			cellView{Head: []string{"Purpose", "Choice"}, Rows: [][]string{{"P", "yes"}}}},
		{"choices whose label has no field for the choice", `{"p":"yes"}`, label{Type: typePurposes, Fields: []label{{Name: "purpose", Title: "Purpose"}}},
			cellView{Inner: [][]cellView{{{Title: "P", Text: "yes"}}}}},
	} {
		got, err := newReader(input(privacy.Access, nil)).cell(c.label, []byte(c.raw))
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", c.name, err, diff)
		}
	}
}

// The page shows at most 200 items of a list and says how many more there are.
func TestHowManyItemsAreShown(t *testing.T) {
	for _, c := range []struct{ items, shown, more int }{{1, 1, 0}, {199, 199, 0}, {200, 200, 0}, {201, 200, 1}, {450, 200, 250}} {
		raw := "[" + strings.Repeat("1,", c.items-1) + "1]"
		got, err := newReader(input(privacy.Access, nil)).cell(label{}, []byte(raw))
		if err != nil || len(got.Items) != c.shown || got.More != c.more {
			t.Errorf("%d of %d items are shown, and %d more: %v", len(got.Items), c.items, got.More, err)
		}
	}
}
