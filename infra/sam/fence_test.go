package sam_test

import (
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/sam"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// writes returns the longest timeout of the functions that may put or update items of a table.
func writes(template *sam.Template, table string) (run time.Duration, who []string) {
	for _, f := range template.Functions {
		for _, s := range f.Statements {
			writes := slices.Contains(s.Actions, "dynamodb:PutItem") || slices.Contains(s.Actions, "dynamodb:UpdateItem")
			if on := func(v sam.Value) bool { of, _ := v.Target(); return of == table }; writes && slices.ContainsFunc(s.Resources, on) {
				run, who = max(run, f.Timeout), append(who, f.Name)
				break
			}
		}
	}
	return run, who
}

// F27: the last walk after a change of a state begins once every write has ended that began before it. The change takes effect within the timeout of
// the function that makes it. Then a write ends within the timeout of the function that writes. Clocks may differ.
func TestFault_F27_TheLastWalkWaitsForEveryWrite(t *testing.T) {
	template := load(t)
	waits, err := time.ParseDuration(template.Parameters["WriteTimeout"].Default)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"FulfilFunction", "EraseFunction"} {
		f, _ := template.Function(name)
		if parameter, _ := f.Environment["WRITE_TIMEOUT"].Target(); parameter != "WriteTimeout" {
			t.Errorf("%s waits for %q", name, parameter)
		}
	}
	changes, deciders := writes(template, "SubjectsTable")
	stores, writers := writes(template, "RecordsTable")
	if !slices.Contains(deciders, "fulfil") || !slices.Contains(deciders, "identity") || !slices.Contains(deciders, "erase") || !slices.Contains(writers, "ingest") ||
		!slices.Contains(writers, "fulfil") || !slices.Contains(writers, "erase") {
		t.Fatalf("%v change states, %v write records", deciders, writers)
	}
	if least := changes + stores + time.Minute; waits < least || waits > least+time.Hour {
		t.Errorf("the last walk begins %v after a change; a write may arrive %v after it", waits, least)
	}
}

// F03: what was taken back is lifted once more when no function runs any more that may have read it before.
func TestFault_F03_TheLastLiftWaitsForEveryRun(t *testing.T) {
	template := load(t)
	for _, name := range []string{"FulfilFunction", "RequestFunction"} {
		f, ok := template.Function(name)
		if !ok || f.Timeout == 0 || request.LateRuns < f.Timeout+time.Minute {
			t.Errorf("%s runs for %v; the last lift comes after %v", name, f.Timeout, request.LateRuns)
		}
	}
}
