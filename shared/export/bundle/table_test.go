package bundle

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

func rows(t *testing.T, raw []byte) [][]string {
	t.Helper()
	out, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPromise_H05_CSVAndJSONAgree(t *testing.T) {
	files, _, _ := build(t, input(privacy.Access, person()))
	for _, c := range scope(policy.Newest(), request.Everything) {
		exact := items(t, files["data/"+string(c.ID)+".json"])
		sheet := rows(t, files["data/"+string(c.ID)+".csv"])
		if len(sheet) != len(exact)+1 {
			t.Errorf("%s: %d rows for %d records", c.ID, len(sheet)-1, len(exact))
			continue
		}
		for i, r := range exact {
			members, err := object(r.Data)
			if err != nil {
				t.Fatal(err)
			}
			for j, column := range sheet[0] {
				want := map[string]string{"id": r.ID, "source": r.Source, "occurredAt": r.OccurredAt, "storedAt": r.StoredAt}[column]
				if column == "expiresAt" && r.ExpiresAt != nil {
					want = *r.ExpiresAt
				} else if j >= len(columns) {
					if want, err = cell(find(members, column)); err != nil {
						t.Fatal(err)
					}
				}
				if got := sheet[i+1][j]; got != want && got != "'"+want {
					t.Errorf("%s %s: CSV %q, JSON %q", c.ID, column, got, want)
				}
			}
		}
	}
}

func TestThreat_T18_FormulasAreNeutralised(t *testing.T) {
	for _, formula := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"} {
		data := `{"firstName":` + string(quote(formula)) + `}`
		files, _, _ := build(t, input(privacy.Access, []Record{stored(privacy.Identity, "-id", privacy.Direct, 1, data)}))
		row := rows(t, files["data/identity.csv"])[1]
		if row[0] != "'-id" || row[len(columns)] != "'"+formula {
			t.Errorf("%q became %q", formula, row)
		}
		if got := string(items(t, files["data/identity.json"])[0].Data); got != data {
			t.Errorf("the JSON is not lossless: %s", got)
		}
		for _, cells := range rows(t, files["data/identity.csv"]) {
			for _, c := range cells {
				if strings.ContainsAny(c[:min(1, len(c))], "=+-@\t\r") {
					t.Errorf("a cell begins with %q", c[:1])
				}
			}
		}
	}
}

func TestFilesLookLikeThis(t *testing.T) {
	files, _, _ := build(t, input(privacy.Access, person()))
	for name, want := range map[string]string{
		"data/contact.csv": "id,source,occurredAt,storedAt,expiresAt,email,phone,company\n" +
			"primary,referral_partner,2026-03-02T12:30:00Z,2026-03-02T12:31:00Z,2028-03-02T12:30:00Z,anna@example.org,'+1 800 555 0199,'=1+1\n",
		"data/contact.json": "[\n" + `{"id":"primary","source":"referral_partner","occurredAt":"2026-03-02T12:30:00Z","storedAt":"2026-03-02T12:31:00Z","expiresAt":"2028-03-02T12:30:00Z",` +
			`"data":{"company":"=1+1","email":"anna@example.org","phone":"+1 800 555 0199"}}` + "\n]\n",
		"data/preference.json": "[\n]\n",
	} {
		if got := string(files[name]); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}
