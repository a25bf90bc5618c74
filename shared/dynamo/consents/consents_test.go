package consents

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/paging"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/consenttest"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

func TestMain(m *testing.M) { os.Exit(enginetest.EachEngine(m)) }

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func open(t testing.TB) (*WithStep, *enginetest.Tables) {
	tables := enginetest.DynamoDB(t)
	return &WithStep{Store: Store{Client: tables.Client, Table: tables.Name("ConsentsTable")}, Requests: tables.Name("RequestsTable"), Policy: policy.InForce}, tables
}

func version(subject string, n int, state consent.State) consent.Record {
	return consent.Record{
		Subject: subject, Version: n, Operation: fmt.Sprintf("op-%s-%d", state, n), PolicyVersion: "2026-11-02", Language: "en", Surface: "form",
		GPC: n%2 == 0, RecordedAt: now, ExpiresAt: now.AddDate(3, 6, n),
		Decisions: map[privacy.Purpose]consent.Decision{privacy.MarketingEmail: {State: state, DecidedAt: now, ExpiresAt: now.AddDate(0, 6, 0)}},
	}
}

// add stores a version in one of the two logs, and expects the error.
func add(t *testing.T, log consent.Log, r consent.Record, want error) {
	t.Helper()
	if err := log.Append(t.Context(), r); !errors.Is(err, want) {
		t.Errorf("%s: %v", r.Operation, err)
	}
}

func TestVersionsAreAppendedAndComeBackAsTheyWere(t *testing.T) {
	withStep, _ := open(t)
	for subject, log := range map[string]consent.Log{"v#visitor": &withStep.Store, "e#sid": withStep} {
		if newest, err := log.Newest(t.Context(), subject); err != nil || newest.Version != 0 {
			t.Errorf("nothing yet: %+v %v", newest, err)
		}
		first, second := version(subject, 1, consent.Granted), version(subject, 2, consent.Denied)
		for purpose, optOut := range map[privacy.Purpose]bool{privacy.MarketingCookies: true, privacy.Testimonials: true, privacy.AnalyticsCookies: false} {
			second.Decisions[purpose] = consent.Decision{State: consent.Denied, DecidedAt: now, ExpiresAt: now.AddDate(1, 0, 0), OptOut: optOut}
		}
		add(t, log, first, nil)
		add(t, log, first, consent.ErrTaken) // the same act again, as after a lost answer (fault F01)
		add(t, log, version(subject, 1, consent.Denied), consent.ErrTaken)
		add(t, log, second, nil)
		add(t, log, version(subject, 10, consent.Granted), nil) // versions sort as numbers
		if newest, err := log.Newest(t.Context(), subject); err != nil || newest.Version != 10 {
			t.Errorf("newest: %+v %v", newest, err)
		}
		var all []consent.Record
		for r, err := range withStep.History(t.Context(), subject, now.AddDate(3, 6, 1)) { // the first is past its retention
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, r)
		}
		if len(all) != 2 || !reflect.DeepEqual(all[1], second) {
			t.Errorf("history: %+v", all)
		}
	}
}

// An act recorded long ago is found among the given versions. The log in memory, which other tests use, gives the same answers.
func TestAnActIsFoundInTheHistory(t *testing.T) {
	withStep, _ := open(t)
	for subject, log := range map[string]consent.Log{"v#visitor": &withStep.Store, "e#sid": withStep, "v#memory": &consenttest.Log{}} {
		for n := 1; n <= 12; n++ {
			add(t, log, version(subject, n, consent.Granted), nil)
		}
		add(t, log, version(subject, 12, consent.Granted), consent.ErrTaken)
		for _, row := range []struct {
			n, first, last int
			want           bool
		}{{3, 1, 12, true}, {3, 3, 3, true}, {3, 4, 12, false}, {3, 1, 2, false}, {10, 9, 11, true}, {13, 1, 12, false}} {
			got, err := log.Has(t.Context(), subject, version(subject, row.n, consent.Granted).Operation, row.first, row.last)
			if err != nil || got != row.want {
				t.Errorf("%s: the act of version %d among %d to %d: %t, %v", subject, row.n, row.first, row.last, got, err)
			}
		}
		if got, err := log.Has(t.Context(), subject+"2", "op-granted-3", 1, 12); err != nil || got {
			t.Errorf("the act of another subject: %t, %v", got, err)
		}
	}
}

// F12: a history is complete and in order even if each page has one version and empty pages come between.
func TestFault_F12_AHistoryOfEmptyPages(t *testing.T) {
	withStep, tables := open(t)
	for n := 1; n <= 5; n++ {
		add(t, &withStep.Store, version("v#visitor", n, consent.Granted), nil)
	}
	sparse := &paging.DynamoDB{Next: http.DefaultTransport}
	client := dynamodb.New(tables.Client.Options(), func(o *dynamodb.Options) { o.HTTPClient = &http.Client{Transport: sparse} })
	var versions []int
	for r, err := range (&Store{Client: client, Table: withStep.Table}).History(t.Context(), "v#visitor", now) {
		if err != nil {
			t.Fatal(err)
		}
		versions = append(versions, r.Version)
	}
	if !slices.Equal(versions, []int{5, 4, 3, 2, 1}) || sparse.Empty.Load() < 5 {
		t.Errorf("versions %v, %d empty pages", versions, sparse.Empty.Load())
	}
	for n := 1; n <= 6; n++ {
		if found, err := (&Store{Client: client, Table: withStep.Table}).Has(t.Context(), "v#visitor", fmt.Sprintf("op-granted-%d", n), 1, 5); err != nil || found != (n < 6) {
			t.Errorf("the act of version %d: %t, %v", n, found, err)
		}
	}
}

// TestFault_F15_OneVersionOneAct lets 16 acts race for each of ten versions. One act may get each version.
func TestFault_F15_OneVersionOneAct(t *testing.T) {
	withStep, _ := open(t)
	for subject, log := range map[string]consent.Log{"v#visitor": &withStep.Store, "e#sid": withStep} {
		for n := range 10 {
			var won atomic.Int64
			var wg sync.WaitGroup
			for i := range 16 {
				wg.Go(func() {
					r := version(subject, n+1, consent.Granted)
					r.Operation = fmt.Sprint(i)
					switch err := log.Append(t.Context(), r); {
					case err == nil:
						won.Add(1)
					case !errors.Is(err, consent.ErrTaken):
						t.Error(err)
					}
				})
			}
			if wg.Wait(); won.Load() != 1 {
				t.Errorf("%s: %d acts have version %d", subject, won.Load(), n+1)
			}
		}
	}
}

// TestFault_F03_TheStepOfAConsentStaysUntilItIsDone follows the step that is stored with a consent.
func TestFault_F03_TheStepOfAConsentStaysUntilItIsDone(t *testing.T) {
	withStep, tables := open(t)
	steps := func() int {
		t.Helper()
		out, err := tables.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(withStep.Requests), ConsistentRead: aws.Bool(true)})
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range out.Items {
			if dynamo.Text(step, dynamo.SK) != "STEP#consent" || !strings.HasPrefix(dynamo.Text(step, dynamo.Work), "w#") || dynamo.Int(step, dynamo.ExpiresAt) == 0 {
				t.Errorf("the step: %v", step)
			}
		}
		return len(out.Items)
	}
	var seen []int
	finish := func(do func() error) error {
		return withStep.FinishStep(t.Context(), "sid", func(_ context.Context, id privacy.SubjectID, r consent.Record) error {
			if id != "sid" {
				t.Errorf("the step of %s", id)
			}
			seen = append(seen, r.Version)
			return do()
		})
	}
	fine := func() error { return nil }
	if err := finish(fine); err != nil || seen != nil {
		t.Errorf("nothing to do: %v %v", seen, err)
	}
	add(t, withStep, version("e#sid", 1, consent.Granted), nil)
	add(t, withStep, version("e#sid", 1, consent.Denied), consent.ErrTaken) // leaves no step of its own
	if err := finish(func() error { return errors.New("killed") }); err == nil || steps() != 1 {
		t.Errorf("%d steps after a failure, %v", steps(), err)
	}
	if err := finish(func() error { // a withdrawal while the grant takes effect
		add(t, withStep, version("e#sid", 2, consent.Denied), nil)
		return nil
	}); err != nil || steps() != 1 {
		t.Errorf("%d steps; the renewed one must stay, %v", steps(), err)
	}
	for range 2 {
		if err := finish(fine); err != nil || steps() != 0 {
			t.Errorf("%d steps are left, %v", steps(), err)
		}
	}
	if !reflect.DeepEqual(seen, []int{1, 1, 2}) {
		t.Errorf("handed over %v", seen)
	}
}
