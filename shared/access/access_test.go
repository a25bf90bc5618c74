package access

import (
	"path/filepath"
	"reflect"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/sam"
	"github.com/helpdeskexpert/privacy/shared/fault"
)

// Every route of the functions that the company's systems call has a rule, and no other route has one. Sending in records, asking for
// decisions, changing addresses and managing notices are four permissions, so a system that has one of them can do nothing else.
func TestEveryRouteOfTheSystemsHasARule(t *testing.T) {
	template, err := sam.Load(filepath.Join(engine.Root(), "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	listed := 0
	for _, f := range template.Functions {
		for _, route := range f.Routes {
			rule, asks := Rules[route.Key]
			if asks != (f.Name == "ingest" || f.Name == "identity" || f.Name == "control") {
				t.Errorf("%s of %s asks for a token: %t", route.Key, f.Name, asks)
			}
			if !asks {
				continue
			}
			listed++
			want := RecordsWrite
			switch {
			case route.Key == "POST /v1/decisions":
				want = DecisionsRead
			case f.Name == "identity":
				want = SubjectsWrite
			case f.Name == "control":
				want = NoticesManage
			}
			if !reflect.DeepEqual(rule, Rule{Scopes: []Scope{want}}) {
				t.Errorf("%s asks for %+v", route.Key, rule)
			}
		}
	}
	if listed == 0 || listed != len(Rules) {
		t.Errorf("%d rules for %d routes", len(Rules), listed)
	}
}

// A principal needs every scope and every role that the rule names. The refusal says what is missing.
func TestWhomARuleAdmits(t *testing.T) {
	const office Role = "office"
	write, both := Rule{Scopes: []Scope{RecordsWrite}}, Rule{Scopes: []Scope{RecordsWrite, DecisionsRead}}
	for _, c := range []struct {
		name    string
		rule    Rule
		scopes  []Scope
		roles   []Role
		prefix  string
		refusal string // empty if the principal is admitted
	}{
		{"the scope", write, []Scope{RecordsWrite}, nil, "", ""},
		{"the scope among others", write, []Scope{"x", RecordsWrite, DecisionsRead}, nil, "privacy/", ""},
		{"no scope", write, nil, nil, "", "The token lacks the scope records.write."},
		{"no scope, from an issuer with a prefix", write, nil, nil, "privacy/", "The token lacks the scope privacy/records.write."},
		{"another scope", write, []Scope{DecisionsRead}, nil, "", "The token lacks the scope records.write."},
		{"the beginning of the scope", write, []Scope{"records"}, nil, "", "The token lacks the scope records.write."},
		{"more than the scope", write, []Scope{"records.writers"}, nil, "", "The token lacks the scope records.write."},
		{"another case", write, []Scope{"Records.Write"}, nil, "", "The token lacks the scope records.write."},
		{"the scope with the prefix still before it", write, []Scope{"privacy/records.write"}, nil, "privacy/", "The token lacks the scope privacy/records.write."},
		{"a role in place of the scope", write, nil, []Role{"records.write"}, "", "The token lacks the scope records.write."},
		{"both scopes", both, []Scope{DecisionsRead, RecordsWrite}, nil, "", ""},
		{"the first of two scopes", both, []Scope{RecordsWrite}, nil, "", "The token lacks the scope decisions.read."},
		{"the second of two scopes", both, []Scope{DecisionsRead}, nil, "", "The token lacks the scope records.write."},
		{"the role", Rule{Roles: []Role{office}}, nil, []Role{office}, "", ""},
		{"the role and its scope", Rule{write.Scopes, []Role{office}}, write.Scopes, []Role{office}, "", ""},
		{"the scope without the role", Rule{write.Scopes, []Role{office}}, write.Scopes, nil, "", "The token lacks a role."},
		{"the role without the scope", Rule{write.Scopes, []Role{office}}, nil, []Role{office}, "", "The token lacks the scope records.write."},
		{"one of two roles", Rule{Roles: []Role{office, "auditor"}}, nil, []Role{office}, "", "The token lacks a role."},
		{"a rule that asks for nothing", Rule{}, []Scope{RecordsWrite}, []Role{office}, "", "This route admits nobody."},
	} {
		p := Principal{Kind: Machine, ID: "crm", Scopes: c.scopes, Roles: c.roles}
		err := c.rule.Admits(p, c.prefix)
		if c.refusal == "" {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if fault.KindOf(err) != fault.Forbidden || err.Error() != "forbidden: "+c.refusal {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// Without a principal in the context, PrincipalOf returns one that no rule admits.
func TestAContextCarriesItsPrincipal(t *testing.T) {
	crm := Principal{Kind: Machine, ID: "crm", Scopes: []Scope{RecordsWrite}}
	if got := PrincipalOf(WithPrincipal(t.Context(), crm)); !reflect.DeepEqual(got, crm) {
		t.Errorf("%+v", got)
	}
	nobody := PrincipalOf(t.Context())
	for route, rule := range Rules {
		if err := rule.Admits(nobody, ""); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s admits nobody's call: %v", route, err)
		}
	}
}
