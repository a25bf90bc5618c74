package sam_test

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/sam"
)

// key is one line of the table in shared/dynamo/doc.go: every kind of item there is.
type key struct{ table, pk, sk, index string }

// documented reads the table of keys.
func documented(t *testing.T) (keys []key, text string) {
	t.Helper()
	source, err := os.ReadFile("../../shared/dynamo/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(source)) {
		columns := strings.Split(strings.TrimSpace(strings.TrimPrefix(line, "//")), "|")
		if len(columns) != 5 || strings.HasPrefix(columns[0], "Keys:") {
			continue
		}
		for i := range columns {
			columns[i] = strings.TrimSpace(columns[i])
		}
		keys = append(keys, key{columns[0], columns[1], columns[2], columns[4]})
	}
	return keys, string(source)
}

func TestTablesAreThoseOfTheTableOfKeys(t *testing.T) {
	keys, _ := documented(t)
	indexes := map[string][]string{}
	for _, k := range keys {
		indexes[k.table] = append(indexes[k.table], "-")
		if k.index != "-" {
			indexes[k.table] = append(indexes[k.table], strings.Split(k.index, ", ")...)
		}
	}
	template := load(t)
	if len(indexes) != len(template.Tables) {
		t.Errorf("%d tables documented, %d in the template", len(indexes), len(template.Tables))
	}
	for _, table := range template.Tables {
		want := slices.Compact(slices.Sorted(slices.Values(indexes[table.LogicalID])))
		have := []string{"-"}
		for _, index := range table.Indexes {
			have = append(have, index.Name)
		}
		if slices.Sort(have); !slices.Equal(have, want) {
			t.Errorf("%s: indexes %q, documented %q", table.LogicalID, have, want)
		}
		if table.PK != "PK" || table.SK != "SK" || table.Attributes["PK"] != "S" || table.Attributes["SK"] != "S" || table.TTL != "expiresAt" {
			t.Errorf("%s: keys %s %s, TTL %s", table.LogicalID, table.PK, table.SK, table.TTL)
		}
	}
}

// "Index due of RecordsTable: PK due = …, SK expiresAt." or "…, SK since, with primary and expiresAt."
var indexLine = regexp.MustCompile(`Index (\w+) of (\w+): PK (\w+) = [^,]+, SK (\w+)(?:, with ([\w, ]+))?\.`)

func TestIndexesAreTheDocumentedOnes(t *testing.T) {
	_, text := documented(t)
	found := map[string]sam.Index{}
	for _, m := range indexLine.FindAllStringSubmatch(strings.ReplaceAll(text, "\n// ", " "), -1) {
		index := sam.Index{Name: m[1], PK: m[3], SK: m[4], Projection: "KEYS_ONLY"}
		if m[5] != "" {
			index.Projection, index.Included = "INCLUDE", strings.Fields(strings.ReplaceAll(strings.ReplaceAll(m[5], ",", " "), " and ", " "))
		}
		found[m[2]+"/"+m[1]] = index
	}
	count := 0
	for _, table := range load(t).Tables {
		for _, index := range table.Indexes {
			count++
			if want := found[table.LogicalID+"/"+index.Name]; !reflect.DeepEqual(index, want) {
				t.Errorf("%s: %+v, documented %+v", table.LogicalID, index, want)
			}
			if table.Attributes[index.PK] != "S" || table.Attributes[index.SK] != "N" {
				t.Errorf("%s: types of %+v", table.LogicalID, index)
			}
		}
	}
	if count != len(found) {
		t.Errorf("%d indexes, %d documented", count, len(found))
	}
}

// Every kind of work is in a stream that wakes its function at once. The schedule alone would make people wait.
func TestEveryKindOfWorkPassesOneFilter(t *testing.T) {
	keys, _ := documented(t)
	var patterns []string
	for _, f := range load(t).Functions {
		for _, s := range f.Streams {
			patterns = append(patterns, s.Filters...)
		}
	}
	for _, k := range keys {
		if k.index != "work" {
			continue
		}
		sk, _, _ := strings.Cut(k.sk, "<")
		passed := 0
		for _, p := range patterns {
			if acceptsSK(t, p, sk) {
				passed++
			}
		}
		if passed != 1 {
			t.Errorf("%s %s passes %d filters, not one", k.table, k.sk, passed)
		}
	}
}

// acceptsSK reports whether a filter's condition on the sort key accepts sk.
func acceptsSK(t *testing.T, filter, sk string) bool {
	t.Helper()
	var f struct {
		DynamoDB struct {
			NewImage struct {
				SK struct{ S []any }
			}
		}
	}
	if err := json.Unmarshal([]byte(filter), &f); err != nil {
		t.Fatalf("filter %s: %v", filter, err)
	}
	return slices.ContainsFunc(f.DynamoDB.NewImage.SK.S, func(condition any) bool {
		if c, ok := condition.(map[string]any); ok {
			prefix, _ := c["prefix"].(string)
			return prefix != "" && strings.HasPrefix(sk, prefix)
		}
		return condition == sk
	})
}
