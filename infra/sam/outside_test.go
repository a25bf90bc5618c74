package sam_test

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/sam"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// cors returns API Gateway's own answer to browsers. Parameters have the given values, or else their defaults.
func cors(t *testing.T, parameters map[string]string) sam.CORS {
	t.Helper()
	c, err := load(t).CORS(func(id, _ string) (string, bool) { text, given := parameters[id]; return text, given })
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// API Gateway's own answers to browsers allow the same origins as the functions: those of the websites, by default the policy's
// scope, and this service.
func TestThreat_T20_TheAPIAllowsTheOriginsOfThePolicy(t *testing.T) {
	template := load(t)
	scope := policy.Newest().Scope.Origins
	if websites := template.Parameters["WebsiteOrigins"].Default; websites != strings.Join(scope, ",") {
		t.Errorf("the websites are %q, the scope of the policy %q", websites, scope)
	}
	own := template.Parameters["Origin"].Default
	if c := cors(t, nil); !slices.Equal(c.AllowOrigins, append(slices.Clone(scope), own)) || !slices.Equal(c.AllowMethods, []string{"GET", "POST"}) {
		t.Errorf("the API allows %+v", c)
	}
}

// A staging stack can have other websites without a change of the policy. A stack whose website calls nothing has none.
func TestThreat_T20_TheAPIAllowsTheWebsitesOfTheStack(t *testing.T) {
	all := cors(t, nil)
	c := cors(t, map[string]string{"WebsiteOrigins": "https://staging.example.com,http://localhost:3000", "Origin": "https://p.example.com"})
	if want := []string{"https://staging.example.com", "http://localhost:3000", "https://p.example.com"}; !slices.Equal(c.AllowOrigins, want) {
		t.Errorf("%q, not %q", c.AllowOrigins, want)
	}
	if c.AllowOrigins = all.AllowOrigins; !reflect.DeepEqual(c, all) {
		t.Errorf("other origins change the rest: %+v", c)
	}
	if c := cors(t, map[string]string{"WebsiteOrigins": "", "Origin": "https://p.example.com"}); !slices.Equal(c.AllowOrigins, []string{"https://p.example.com"}) {
		t.Errorf("without websites: %q", c.AllowOrigins)
	}
}

// Every function that a website may call gets the same list of origins.
func TestThreat_T20_FunctionsGetTheWebsitesOfTheStack(t *testing.T) {
	for _, f := range load(t).Functions {
		parameter, _ := f.Environment["WEBSITE_ORIGINS"].Target()
		if called := slices.Contains([]string{"consent", "request", "download", "policy"}, f.Name); called != (parameter == "WebsiteOrigins") {
			t.Errorf("%s: WEBSITE_ORIGINS is %q", f.Name, parameter)
		}
	}
}

func TestThreat_T20_WebsitesAreOriginsOverTLSOrOnThisMachine(t *testing.T) {
	allowed := regexp.MustCompile(load(t).Parameters["WebsiteOrigins"].AllowedPattern)
	for list, want := range map[string]bool{
		"": true, "https://www.example.com": true, "https://www.example.com:8443": true, "http://localhost": true, "http://localhost:3000": true,
		"https://a.example,http://localhost:3000,https://b.example": true,
		"http://www.example.com":                                    false, "http://localhost.evil.example": false, "https://*": false, "*": false, "https://a.example/": false, "null": false,
		"https://a.example, https://b.example": false, "https://a.example,": false, ",": false, "https://A.example": false, "http://localhost:": false,
	} {
		if allowed.MatchString(list) != want {
			t.Errorf("%q is allowed: %t", list, !want)
		}
	}
}

// The outputs of the stack name the tables for the operator's command line (infra/ctl), and the function that sweeps.
func TestOutputsNameTheTablesOfOperators(t *testing.T) {
	template := load(t)
	for _, table := range []string{"LedgerTable", "RequestsTable", "NoticesTable"} {
		if output := template.Outputs[table+"Name"]; !output.Exists() || texts(t, template, output)[0] != table {
			t.Errorf("no output %sName holds the name of %s", table, table)
		}
	}
	if output := template.Outputs["PurgeFunctionName"]; !output.Exists() || texts(t, template, output)[0] != "PurgeFunction" {
		t.Error("no output PurgeFunctionName holds the name of PurgeFunction")
	}
}
