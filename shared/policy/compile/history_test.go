package main

import (
	"strings"
	"testing"
	"testing/fstest"
)

// K06: every version that may still be in force on the day of publication is compiled, with the instant at which it comes into force.
func TestPromise_K06_EveryVersionThatMayBeInForceIsCompiled(t *testing.T) {
	for name, c := range map[string]struct {
		effective string
		compiled  []string // with its instant
		dropped   []string
	}{
		"from the day of publication": {"2027-06-01", []string{`{From: 1811804400, Policy: Policy{Version: "2027-06-01"`}, []string{`Policy{Version: "2026-11-02"`}},
		"from a later day": {"2027-07-15", []string{
			`{From: 1815606000, Policy: Policy{Version: "2027-06-01"`, `{From: 1793577600, Policy: Policy{Version: "2026-11-02"`,
			`{Version: "2027-06-01", From: 1815606000, Purposes:`, `{Version: "2026-11-02", From: 1793577600, Purposes:`,
		}, []string{`Policy{Version: "2025-08-18"`}},
	} {
		m := authored(t)
		add(t, m, "2027-06-01", c.effective)
		files, err := compile(m)
		if err != nil {
			t.Fatal(err)
		}
		source := string(files[len(files)-1].data)
		for _, text := range c.compiled {
			if !strings.Contains(source, text) {
				t.Errorf("%s: the compiled policy lacks %s", name, text)
			}
		}
		for _, text := range c.dropped {
			if strings.Contains(source, text) {
				t.Errorf("%s: %s is compiled and can never be in force again", name, text)
			}
		}
	}
}

// K06: two published versions are not in force yet. Both are compiled besides the one in force, also if they come into force at one time, so
// that the older of them never is.
func TestPromise_K06_TwoVersionsAreToCome(t *testing.T) {
	for second, froms := range map[string][]string{"2027-07-20": {"1816038000", "1815606000", "1793577600"}, "2027-07-15": {"1815606000", "1815606000", "1793577600"}} {
		m := authored(t)
		add(t, m, "2027-06-01", "2027-07-15")
		publish(t, m)
		add(t, m, "2027-06-10", second)
		source := string(publish(t, m))
		for i, version := range []string{"2027-06-10", "2027-06-01", "2026-11-02"} {
			if want := "{From: " + froms[i] + `, Policy: Policy{Version: "` + version + `"`; !strings.Contains(source, want) {
				t.Errorf("the second from %s: the compiled policy lacks %s", second, want)
			}
		}
	}
}

// publish compiles m, stores the files in it, so that the next version can follow, and returns the Go source.
func publish(t *testing.T, m fstest.MapFS) (source []byte) {
	t.Helper()
	files, err := compile(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		m[f.name] = &fstest.MapFile{Data: f.data}
	}
	return files[len(files)-1].data
}

// K06: a version that would come into force before the one that it replaces is refused.
func TestPromise_K06_VersionsComeIntoForceInOrder(t *testing.T) {
	for effective, refused := range map[string]bool{"2027-01-31": true, "2027-02-01": false} {
		m := authored(t)
		add(t, m, "2026-12-01", "2027-02-01")
		publish(t, m)
		add(t, m, "2026-12-15", effective)
		if _, err := compile(m); (err != nil) != refused || refused && !strings.Contains(err.Error(), "/effectiveFrom") {
			t.Errorf("from %s: %v", effective, err)
		}
	}
}

// F08: a version that stays in force for a while must say how long each stored kind is kept, because the new code may store it at once.
func TestPromise_F08_AVersionThatIsStillInForceKnowsEveryKind(t *testing.T) {
	m := authored(t)
	replace(t, m, newestVersion, `effectiveFrom: "2026-11-02"`, `effectiveFrom: "2026-12-24"`) // 2025-08-18 stays in force until then
	if _, err := compile(m); err == nil || !strings.Contains(err.Error(), "2025-08-18 is still in force") {
		t.Errorf("got %v, want a refusal by F08", err)
	}
}
