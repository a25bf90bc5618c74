package standing

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// values are a state, a proof and an account with every field set, and with times whose zone is not UTC.
func values() (State, Account) {
	zone := time.FixedZone("east", 7200)
	day := func(n int) time.Time { return time.Date(2026, 11, n, 12, 0, 0, 1, zone) }
	return State{
			Contract: Ended, EndedAt: day(1), Newest: day(2), AccountData: true, Endless: true, Latest: day(3),
			Marketing: Consented, Proof: Proof{Until: day(4), Version: 7}, Unconsented: day(5),
			Limits: Limits{
				OptOuts:    []OptOut{{Request: "o", Source: "m", At: day(10), Both: true}},
				Objections: []Objection{{Request: "p", Source: "m", At: day(11), Both: true, Purposes: []privacy.Purpose{"a", "b"}}},
				Restrictions: []Restriction{{
					Request: "q", At: day(12), Both: true, Ground: privacy.Claims, Purposes: []privacy.Purpose{"c", "d"}, Categories: []privacy.Category{privacy.Contact, privacy.Account},
				}},
				FencedAt: day(13),
			},
			Erasure: Erasure{
				Request: "r", At: day(14), Of: []privacy.SubjectID{"a", "b"}, LapsedAt: day(15), Renewed: true, Acknowledged: []string{"crm", "shop"},
			},
			Others:   []Erasure{{Request: "s", At: day(16), Of: []privacy.SubjectID{"c"}}},
			Holds:    []Hold{{ID: "h", At: day(17), Both: true, Ground: "claim", Categories: []privacy.Category{privacy.Contact, privacy.Account}}},
			Formerly: []subject.Former{{ID: "b", At: day(8)}, {ID: "c", At: day(9)}}, Into: "d",
		}, Account{
			ID: "a", StartedAt: day(6), EndedAt: day(7), Closed: true,
		}
}

// Lists are equal if their elements are, one by one and in their order.
func TestEqualComparesEveryElement(t *testing.T) {
	state, _ := values()
	other, _ := values()
	other.OptOuts[0].Request, other.Objections[0].Request, other.Restrictions[0].Request = "?", "?", "?"
	for name, limits := range map[string]Limits{
		"opt-out":     {OptOuts: other.OptOuts, Objections: state.Objections, Restrictions: state.Restrictions, FencedAt: state.FencedAt},
		"objection":   {OptOuts: state.OptOuts, Objections: other.Objections, Restrictions: state.Restrictions, FencedAt: state.FencedAt},
		"restriction": {OptOuts: state.OptOuts, Objections: state.Objections, Restrictions: other.Restrictions, FencedAt: state.FencedAt},
	} {
		if limits.Equal(state.Limits) || state.Limits.Equal(limits) {
			t.Errorf("another %s makes no difference", name)
		}
	}
	turned := slices.Clone(state.Formerly)
	slices.Reverse(turned)
	if !state.SamePeople(state) || (State{Formerly: turned, Into: state.Into}).SamePeople(state) {
		t.Error("the order of the people makes no difference")
	}
	if empty := (Limits{OptOuts: []OptOut{}, Objections: []Objection{}, Restrictions: []Restriction{}}); !empty.Equal(Limits{}) {
		t.Error("an empty list is another one than none")
	}
}

// Two values are equal if every field says the same, and different if any field differs. The test fails for a field that Equal forgets.
func TestEqualComparesEveryField(t *testing.T) {
	state, account := values()
	everyField(t, state, State.Equal)
	everyField(t, state.Proof, Proof.Equal)
	everyField(t, account, Account.Equal)
	everyField(t, state.Formerly[0], subject.Former.Equal)
	everyField(t, state.Limits, Limits.Equal)
	everyField(t, state.OptOuts[0], OptOut.Equal)
	everyField(t, state.Objections[0], Objection.Equal)
	everyField(t, state.Restrictions[0], Restriction.Equal)
	everyField(t, state.Erasure, Erasure.Equal)
	everyField(t, state.Holds[0], Hold.Equal)
}

func everyField[T any](t *testing.T, value T, equal func(a, b T) bool) {
	t.Helper()
	if !equal(value, value) || !equal(*new(T), *new(T)) {
		t.Errorf("%T is not equal to itself", value)
	}
	if equal(value, *new(T)) || equal(*new(T), value) {
		t.Errorf("%T is equal to nothing", value)
	}
	other := value
	each(reflect.ValueOf(&other).Elem(), reflect.TypeFor[T]().Name(), func(field reflect.Value, name string) {
		before := reflect.New(field.Type()).Elem()
		before.Set(field)
		if at, isTime := field.Interface().(time.Time); isTime {
			field.Set(reflect.ValueOf(at.UTC()))
			if !equal(value, other) || !equal(other, value) {
				t.Errorf("the same moment in another zone makes a difference: %s", name)
			}
			field.Set(reflect.ValueOf(at.Add(1)))
		} else {
			change(t, field)
		}
		if equal(value, other) || equal(other, value) {
			t.Errorf("another %s makes no difference", name)
		}
		field.SetZero()
		if equal(value, other) || equal(other, value) {
			t.Errorf("no %s makes no difference", name)
		}
		field.Set(before)
	})
}

// each visits the fields of a struct and of the structs in it.
func each(value reflect.Value, name string, visit func(field reflect.Value, name string)) {
	for i := range value.NumField() {
		field, name := value.Field(i), name+"."+value.Type().Field(i).Name
		if _, isTime := field.Interface().(time.Time); field.Kind() == reflect.Struct && !isTime {
			each(field, name, visit)
			continue
		}
		visit(field, name)
	}
}

func change(t *testing.T, field reflect.Value) {
	t.Helper()
	switch field.Kind() {
	case reflect.String:
		field.SetString(field.String() + "?")
	case reflect.Int:
		field.SetInt(field.Int() + 1)
	case reflect.Bool:
		field.SetBool(!field.Bool())
	case reflect.Slice: // one fewer
		field.Set(field.Slice(1, field.Len()))
	default:
		t.Fatalf("the test knows no other value of a %s", field.Type())
	}
}

// A time with a monotonic clock reading equals the same moment without one, as a table returns it.
func TestEqualIgnoresTheMonotonicClock(t *testing.T) {
	now := time.Now()
	a, b := State{Unconsented: now}, State{Unconsented: now.Round(0).UTC()}
	if identical := reflect.DeepEqual(a, b); !a.Equal(b) || identical {
		t.Errorf("%v and %v: equal %t, identical %t", a.Unconsented, b.Unconsented, a.Equal(b), identical)
	}
}
