package main

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// Publishing while the service is busy fails no call. A call that began before ends on the old version, and a later one gets the new one.
func TestPublishingLosesNoCall(t *testing.T) {
	r := newRig(t)
	r.run()
	before, version := r.files(), after(r.newest, 10)
	slow, file, rebuild := make(chan string, 1), filepath.Join(t.TempDir(), "begun"), r.rebuild
	r.rebuild = func(ctx context.Context) error { // a call begins before the functions restart
		go func() {
			list, err := r.listed("/v1/policy", "X-Until", file)
			if err != nil {
				t.Errorf("the call under way: %v", err)
			}
			slow <- list
		}()
		for _, err := os.Stat(file); err != nil; _, err = os.Stat(file) {
			time.Sleep(5 * time.Millisecond)
		}
		return rebuild(ctx)
	}
	calls, stop := busy(t, r)
	if err := r.publish(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	stop()
	if n := calls(); n < 20 {
		t.Errorf("only %d calls were made", n)
	}
	r.says("Changes since version "+r.newest, "Version "+version+" of the policy is published. Its kind is significant", "in force from today", "under way end", "Letters to every account holder go out within a minute",
		"/_local/mail", "PORT=0 go run ./infra/ctl notices watch "+version+" --local", "/policy/changes/"+version, "make unpublish PORT=0")
	if look, restart := slices.Index(r.asked, "/_local/schedules/NotifySchedule"), slices.Index(r.asked, "/_local/restart"); look < 0 || look > restart {
		t.Errorf("a new service must look for versions before it gets a new one: %v", r.asked)
	}
	if list := <-slow; strings.Contains(list, version) {
		t.Error("the call that was under way ended on the new version")
	}
	if list, err := r.listed("/v1/policy/versions"); err != nil || !strings.Contains(list, version) {
		t.Errorf("the service lists %s, %v", list, err)
	}
	after := r.files()
	for _, name := range []string{r.policy.source(version), r.policy.published(version), r.policy.sums(), filepath.Join(string(r.policy), "policy_gen.go")} {
		if after[name] == before[name] {
			t.Errorf("%s is as before", name)
		}
	}
	if err := r.publish(t.Context(), false); err == nil || !strings.Contains(err.Error(), "There is nothing to publish: "+version) || !strings.Contains(err.Error(), "make draft PORT=0") {
		t.Errorf("published again: %v", err)
	}
}

// busy calls the service all the time until stop, and fails the test if a call fails.
func busy(t *testing.T, r *rig) (calls func() int, stop func()) {
	var callers sync.WaitGroup
	var mu sync.Mutex
	n, end := 0, make(chan struct{})
	for range 3 {
		callers.Go(func() {
			for {
				select {
				case <-end:
					return
				case <-time.After(10 * time.Millisecond):
				}
				_, err := r.served("/v1/policy")
				if errors.Is(err, errThrottled) {
					continue
				}
				if err != nil {
					t.Errorf("a call failed: %v", err)
					return
				}
				mu.Lock()
				n++
				mu.Unlock()
			}
		})
	}
	return func() int { mu.Lock(); defer mu.Unlock(); return n }, func() { close(end); callers.Wait() }
}

// A second example on one day has the next day's name and changes the sentence back. Both can be taken back, which leaves the folder as it was.
func TestTwoExamplesOnOneDay(t *testing.T) {
	r := newRig(t)
	r.run()
	before := r.files()
	first, second := after(r.newest, 10), after(r.newest, 11)
	for _, version := range []string{first, second} {
		if err := r.publish(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		r.says("Version " + version + " of the policy is published")
	}
	sentences := map[string]string{}
	for _, version := range []string{r.newest, first, second} {
		_, p, err := r.policy.read(version)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range p.Changes {
			sentences[version] += s.Text
		}
		if said := p.WhatChanged[len(p.WhatChanged)-1].Text; version != r.newest && (p.Kind != "significant" || p.EffectiveFrom != version || strings.Count(said, "“") != 2) {
			t.Errorf("%s: %s, in force from %s, says %s", version, p.Kind, p.EffectiveFrom, said)
		}
	}
	if sentences[first] == sentences[r.newest] || sentences[second] != sentences[r.newest] {
		t.Error("each example must change one sentence")
	}
	for _, version := range []string{second, first} {
		if err := r.undo(t.Context()); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(r.said.String(), "Changes since") {
			t.Error("what is taken back is no news")
		}
		r.says("Version "+version+" is taken back", "The service has restarted")
		if _, err := os.Stat(filepath.Join(r.root, ".local", "unpublished", version+".yaml")); err != nil {
			t.Errorf("its source is lost: %v", err)
		}
	}
	if !maps.Equal(before, r.files()) {
		t.Error("the folder is not as it was")
	}
	if list, err := r.listed("/v1/policy/versions"); err != nil || strings.Contains(list, first) {
		t.Errorf("the service lists %s, %v", list, err)
	}
	if err := r.undo(t.Context()); err == nil || !strings.Contains(err.Error(), "is in the last commit") {
		t.Errorf("a version that is committed: %v", err)
	}
}

// A second version on one day is told why it has the next day's name.
func TestAVersionsNameIsItsDay(t *testing.T) {
	r := newRig(t)
	if _, err := r.example(); err != nil {
		t.Fatal(err)
	}
	if err := r.draft(); err == nil || !strings.Contains(err.Error(), "is not published yet") {
		t.Errorf("a draft beside a version that is not published: %v", err)
	}
	if err := r.publish(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	r.says("No service runs on", "The next `make run PORT=0` uses version", "after a service with this version has started")
	if err := r.draft(); err != nil {
		t.Fatal(err)
	}
	r.says(after(r.newest, 10)+" exists already. A version's name is its day, so this one is called "+after(r.newest, 11)+".", "run make publish PORT=0")
}

// The compiler refuses the draft as it is and says what to write. With that written, it is published.
func TestADraftSaysWhatToWrite(t *testing.T) {
	r := newRig(t)
	if err := r.draft(); err != nil {
		t.Fatal(err)
	}
	version := after(r.newest, 10)
	r.says(filepath.Join("shared", "policy", "versions", version+".yaml"))
	err := r.publish(t.Context(), false)
	for _, part := range []string{"/summary: replace the text in brackets. Say in a sentence", "/whatChanged/0/text", "Nothing was published"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("the draft: %v, want %s", err, part)
		}
	}
	text, p, err := r.policy.read(version)
	if err != nil || p.Kind != "significant" || p.LastUpdated != version || p.EffectiveFrom != after(version, policy.DaysAhead) || p.Author == "" || p.AnnounceAt != "" {
		t.Errorf("%+v, %v", p, err)
	}
	written := strings.NewReplacer(`"[`, `"`, `]"`, `"`).Replace(text)
	if err := os.WriteFile(r.policy.source(version), []byte(written), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.publish(t.Context(), false); err != nil {
		t.Error(err)
	}
	r.says("It will be in force from " + day(after(version, policy.DaysAhead)))
	if err := r.draft(); err != nil {
		t.Fatal(err)
	}
	if text, _, _ := r.policy.read(after(version, 1)); strings.Count(text, "A draft, made from") != 1 {
		t.Error("the comments of the last draft are repeated")
	}
}

// Whatever is wrong with the input, the generated files, the functions and the service stay as they were.
func TestBrokenInputChangesNothing(t *testing.T) {
	r := newRig(t)
	r.run()
	list, err := r.listed("/v1/policy/versions")
	if err != nil {
		t.Fatal(err)
	}
	source, version := r.policy.source(r.newest), after(r.newest, 10)
	text, _, err := r.policy.read(r.newest)
	if err != nil {
		t.Fatal(err)
	}
	dated := strings.ReplaceAll(text, r.newest, version)
	for name, c := range map[string]struct{ path, text, want string }{
		"no YAML":              {r.policy.source(version), dated + "\n  : [", "Nothing was published"},
		"against the law":      {r.policy.source(version), strings.Replace(dated, "basis: contract", "basis: wish", 1), "Nothing was published"},
		"another day":          {r.policy.source(version), text, "/version differs from the file's name"},
		"a published version":  {source, strings.Replace(text, "under the age of 16", "below the age of 16", 1), "make unpublish PORT=0"},
		"an older day":         {r.policy.source("2024-01-01"), text, "never published but is not the newest"},
		"nothing, as it seems": {source, text, "There is nothing to publish"},
	} {
		old, _ := os.ReadFile(c.path)
		if err := os.WriteFile(c.path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		before := r.files()
		r.rebuild = func(context.Context) error { t.Errorf("%s: the functions were rebuilt", name); return nil }
		if err := r.publish(t.Context(), false); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if !maps.Equal(before, r.files()) {
			t.Errorf("%s: files have changed", name)
		}
		if got, err := r.listed("/v1/policy/versions"); err != nil || got != list {
			t.Errorf("%s: the service lists %s, %v", name, got, err)
		}
		if len(old) > 0 {
			err = os.WriteFile(c.path, old, 0o600)
		} else {
			err = os.Remove(c.path)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// If the functions do not build or do not start, the service goes on with the old ones, and publishing again completes the work.
func TestPublishingGoesOnAfterARepair(t *testing.T) {
	r := newRig(t)
	r.run()
	rebuild := r.rebuild
	list, err := r.listed("/v1/policy/versions")
	if err != nil {
		t.Fatal(err)
	}
	for want, build := range map[string]func(context.Context) error{
		"repair the code and run make publish": func(context.Context) error { return errors.New("a mistake") },
		"the service goes on as it is":         func(context.Context) error { return r.link("compile") }, // which ends at once
	} {
		r.rebuild = build
		_, statErr := os.Stat(r.policy.source(after(r.newest, 10)))
		if err := r.publish(t.Context(), statErr != nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
		if got, err := r.listed("/v1/policy/versions"); err != nil || got != list {
			t.Errorf("%s: the service lists %s, %v", want, got, err)
		}
	}
	r.rebuild = rebuild
	if err := r.publish(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	r.says("of the policy is published", "The service has restarted")
}

// What answers on the port may be another program, or a service of another folder.
func TestAnotherServiceIsLeftAlone(t *testing.T) {
	r := newRig(t)
	stranger := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(stranger.Close)
	r.service.url = stranger.URL
	if err := r.publish(t.Context(), true); err == nil || !strings.Contains(err.Error(), "set PORT") {
		t.Errorf("error %v", err)
	}
	r.run()
	build := r.build
	r.build = t.TempDir()
	if err := r.publish(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	r.says("does not use version "+after(r.newest, 10)+" yet", "runs the functions in "+build)
}
