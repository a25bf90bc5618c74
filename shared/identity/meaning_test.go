package identity

import (
	"errors"
	"slices"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Whom a call means, and what a record of it would make known: every row of the table of the design, for every way in which an id and an address can
// be on record.
func TestWhomACallMeans(t *testing.T) {
	const x, i = "x#1#id", "i#1#address"
	id := func(ids ...privacy.SubjectID) subject.Alias { return subject.Alias{Key: x, Version: 1, Subjects: ids} }
	address := func(ids ...privacy.SubjectID) subject.Alias {
		return subject.Alias{Key: i, Version: 1, Subjects: ids, From: "z"}
	}
	unknown := subject.Alias{}
	for name, c := range map[string]struct {
		keys     Keys
		id, mail subject.Alias
		ofClient bool
		want     Meaning
		err      error
	}{
		"nothing is named":       {Keys{}, unknown, unknown, false, Meaning{}, nil},
		"email, no":              {Keys{Address: i}, unknown, unknown, false, Meaning{Learns: []string{i}}, nil},
		"email, taken away":      {Keys{Address: i}, unknown, address(), false, Meaning{Learns: []string{i}}, nil},
		"email, yes":             {Keys{Address: i}, unknown, address("a"), false, Meaning{Subject: "a"}, nil},
		"email, shared":          {Keys{Address: i}, unknown, address("a", "b"), false, Meaning{}, ErrShared},
		"id, no":                 {Keys{ID: x}, unknown, unknown, false, Meaning{Learns: []string{x}}, nil},
		"id, yes":                {Keys{ID: x}, id("a"), unknown, false, Meaning{Subject: "a"}, nil},
		"both, neither":          {Keys{x, i}, unknown, unknown, false, Meaning{Learns: []string{i, x}}, nil},
		"both, taken away":       {Keys{x, i}, unknown, address(), false, Meaning{Learns: []string{i, x}}, nil},
		"both, id only":          {Keys{x, i}, id("a"), unknown, false, Meaning{Subject: "a", Note: NotAttached}, nil},
		"both, id, taken away":   {Keys{x, i}, id("a"), address(), false, Meaning{Subject: "a", Note: NotAttached}, nil},
		"both, address only":     {Keys{x, i}, unknown, address("a"), false, Meaning{Subject: "a", Learns: []string{x}}, nil},
		"both, of the client":    {Keys{x, i}, unknown, address("a"), true, Meaning{Learns: []string{x}, Shares: true}, nil},
		"both, a shared address": {Keys{x, i}, unknown, address("a", "b"), false, Meaning{Learns: []string{x}, Shares: true}, nil},
		"both, same":             {Keys{x, i}, id("a"), address("a"), false, Meaning{Subject: "a"}, nil},
		"both, same and another": {Keys{x, i}, id("a"), address("b", "a"), false, Meaning{Subject: "a"}, nil},
		"both, different":        {Keys{x, i}, id("a"), address("b"), false, Meaning{Subject: "a", Note: OfAnother}, nil},
		"both, several others":   {Keys{x, i}, id("a"), address("b", "c"), false, Meaning{Subject: "a", Note: OfAnother}, nil},
	} {
		got, err := MeaningOf(c.keys, c.id, c.mail, c.ofClient)
		if !errors.Is(err, c.err) || got.Subject != c.want.Subject || got.Note != c.want.Note || got.Shares != c.want.Shares || !slices.Equal(got.Learns, c.want.Learns) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if known, ok := errors.AsType[*fault.Error](error(ErrShared)); !ok || fault.Status(known) != 409 || len(known.Fields) != 1 || known.Fields[0].Pointer != "/subject/id" {
		t.Errorf("%v", ErrShared)
	}
}

// The aliases that a call names are those of its client's id and of its address.
func TestWhichAliasesACallNames(t *testing.T) {
	key := subject.Key("a key of tests")
	a := subject.Address{Lookup: "anna@example.org", Spelling: "Anna@Example.org"}
	for want, named := range map[Keys]subject.Named{
		{}:                                       {Client: "crm"},
		{ID: key.IDAlias("crm", "7")}:            {Client: "crm", ID: "7"},
		{Address: key.Alias(a)}:                  {Client: "crm", Address: a},
		{key.IDAlias("shop", "7"), key.Alias(a)}: {Client: "shop", ID: "7", Address: a},
	} {
		got := KeysOf(key, named)
		all := slices.DeleteFunc([]string{want.ID, want.Address}, func(key string) bool { return key == "" })
		if got != want || !slices.Equal(got.All(), all) {
			t.Errorf("%+v: %+v", named, got)
		}
	}
	if key.IDAlias("crm", "7") == key.IDAlias("shop", "7") || subject.IsAddress(key.IDAlias("crm", "7")) || !subject.IsAddress(key.Alias(a)) {
		t.Error("the ids of two clients match, or an id looks like an address")
	}
}
