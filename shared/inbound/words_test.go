package inbound_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/inbound"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/privacy/card"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// ordinary are texts of which nothing may be taken out.
var ordinary = []string{
	"", "Hello", "See https://privacy.example.com and https://privacy.example.com/me and https://PRIVACY.example.com/policy/versions.", "Your page https://privacy.example.com/#security says so.",
	"https://privacy.example.com/policy/versions/2026-11-02\n4711\nThanks", "https://privacy.example.com/request?right=opt_out\n\nMy number is A-4711/2.", "https://privacy.example.com/policy/changes/2026-11-02, please",
	"My request 0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b at https://privacy.example.com/requests/0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b has no answer.", "https://privacy.example.com/requests/0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b\nOrder 12",
	"privacy@privacy.example.com does not answer.", "<0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b@privacy.example.com>", "privacy.example.com", "(https://privacy.example.com/me)",
	"-------------------------------------------------------------", "_______________________________________________________", "=====================================================================", "A" + strings.Repeat("a", 80) + "rgh!",
	"Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft", "RINDFLEISCHETIKETTIERUNGSUEBERWACHUNGSAUFGABENUEBERTRAGUNGSGESETZ", "honorificabilitudinitatibus",
	"DE89370400440532013000, GB29NWBK60161331926819, FR1420041010050500013M02606, MT84MALT011000012345MTLCAST001S", "IMG_20261129_123456_HDR.jpg and Screenshot-2026-11-29-at-12.34.56.png", "how-to-delete-your-personal-data-from-the-internet-in-2026-for-ever",
	"https://www.example.net/articles/2026/11/29/the-right-to-be-forgotten-and-why-it-matters-to-all-of-us", "Invoice-No.: INV-2026-000123-REPLACEMENT-COPY-2", "https://de.wikipedia.org/wiki/Datenschutz-Grundverordnung_(EU)_2016/679",
	"John_Michael_Smith-Robertson-the-Third", "https://example.org/%D0%BF%D1%80%D0%B8%D0%B2%D0%B5%D1%82", "Order\nABCDEFGHIJKLMNOPQRSTUVWXYZ\nplease", "+49 151 23456789, 10115 Berlin", "Hallo,\n\n> wer\n> hat\n> meine\n> Daten?\n\nIch.",
}

// What has no secret is kept as it is.
func TestPromise_H12_OrdinaryTextsAreKept(t *testing.T) {
	t.Parallel()
	for _, text := range ordinary {
		if got := words(t, text); got != text {
			t.Errorf("%q is kept as %q", text, got)
		}
	}
}

// Secrets of others go too, and a text behind a link stays.
func TestThreat_T12_WhatIsTakenOut(t *testing.T) {
	t.Parallel()
	const secret = "Yq3kZ0vT8mX1bN7cR5dW2eF6gH9jKpLsQuVxAaBbCc4"
	for text, want := range map[string]string{
		"https://privacy.example.com/me#" + secret + "." + secret + "\n\n4711\n": "[a link was removed]\n\n4711",
		"https://privacy.example.com/me#" + secret + "." + secret + "\nThanks":   "[a link was removed]\nThanks",
		"<https://privacy.example.com/me#" + secret + ">, and more":              "<[a link was removed]>, and more",
		"https://privacy.example.com/v1/unsubscribe/abc":                         "[a link was removed]",
		"https://privacy.example.com/me#short":                                   "[a link was removed]",
		"My key is " + secret + " and that is it":                                "My key is [removed] and that is it",
		"https://drive.example.net/file/" + secret + "/view now":                 "https://drive.example.net/file/[removed] now",
		secret[:22] + "\n" + secret[22:] + "\nThanks":                            "[removed]\nThanks",
	} {
		if got := words(t, text); got != want {
			t.Errorf("%q is kept as %q, not %q", text, got, want)
		}
	}
}

// D04, T28: a card number is kept nowhere, wherever it stands, and the mail is deleted as it arrived at once. The words around it stay.
func TestThreat_T28_CardNumbersAreMasked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ subject, text, want string }{
		{"4111 1111 1111 1111", "my card", "**** **** **** ****\n\nmy card"}, {"", "4111111111111111", "****************"}, {"", "It is 4111-1111-1111-1111, until 12/29.", "It is ****-****-****-****, until **/**."},
		{"Card", "5500 0000 0000 0004\nBerlin 10115", "Card\n\n**** **** **** ****\nBerlin 10115"}, {"", "٤١١١ ١١١١ ١١١١ ١١١١", "**** **** **** ****"}, {"", "４１１１　１１１１　１１１１　１１１１", ""},
		{"", "4111 1111\n1111 1111", "**** ****\n**** ****"}, {"", "> 4111 1111 1111 1111\n\nMine is 3782 822463 10005.", "> **** **** **** ****\n\nMine is **** ****** *****."}, {"4111 1111 1111", "1111 is the end", ""},
		{"", "https://privacy.example.com/?card=4111111111111111", ""},
	} {
		r, deleted := takes(t, from(anna, c.subject, c.text, "Content-Type: text/plain; charset=utf-8"))
		kept := r.Messages[0].Text
		if !deleted || card.In(kept) || c.want != "" && kept != c.want || strings.Count(kept, "1") > 10 {
			t.Errorf("%q, %q is kept as %q, deleted: %v", c.subject, c.text, kept, deleted)
		}
	}
	r, deleted := takes(t, from("4111111111111111@example.org", "", "Hello"))
	if r.Email != "" || !deleted || r.Messages[0].Sure {
		t.Errorf("an address with a card number: %+v, deleted: %v", r, deleted)
	}
	if _, deleted := takes(t, from(anna, "", "4111 1111 1111 1112 is no card")); deleted {
		t.Error("another number has a mail deleted")
	}
}

// A card number behind what is kept of a long mail counts too: the mail would be stored as it arrived.
func TestThreat_T28_ACardNumberBehindTheEnd(t *testing.T) {
	t.Parallel()
	r, deleted := takes(t, from(anna, "", strings.Repeat("word ", 5000)+"4111 1111 1111 1111"))
	if !deleted || !r.Messages[0].Cut {
		t.Errorf("deleted: %v, %v", deleted, r.Messages[0].Cut)
	}
}

// A text of as many characters as are kept is whole, and one more is cut, whatever the characters are.
func TestPromise_H12_TheLongestText(t *testing.T) {
	t.Parallel()
	for _, c := range []string{"a", "ü", "€", "𝄞", "字"} {
		for _, n := range []int{request.LongestMessage - 1, request.LongestMessage, request.LongestMessage + 1} {
			r, _ := takes(t, from(anna, "", strings.Repeat(c, n), "Content-Type: text/plain; charset=utf-8"))
			m := r.Messages[0]
			if cut := n > request.LongestMessage; m.Cut != cut || utf8.RuneCountInString(m.Text) != min(n, request.LongestMessage) || !utf8.ValidString(m.Text) {
				t.Errorf("%d of %s: %d characters, cut: %v", n, c, utf8.RuneCountInString(m.Text), m.Cut)
			}
		}
	}
}

// F13: a request with as many messages as it may have, each as long as it may be and of the widest characters, fits into an item with room to spare. So
// does one that others have joined.
func TestFault_F13_SixOfTheWidestMessages(t *testing.T) {
	t.Parallel()
	s := newService(t)
	wide := func(n int) string { return strings.Repeat("𝄞", request.LongestMessage-10) + fmt.Sprint(" end ", n) }
	first := ""
	for i := range 8 {
		a := s.arrives(from(anna, "", wide(i), "Content-Type: text/plain; charset=utf-8"), servicetest.Vouched)
		if s.takes(a); i == 0 {
			first = inbound.ID(a.Object)
		}
	}
	r := s.Load(first).Request
	if len(r.Messages) != 6 || r.Repeats != 2 {
		t.Fatalf("%d messages, %d repeats", len(r.Messages), r.Repeats)
	}
	chooses(t, s.Rig, first, request.Filing{Right: privacy.Rectification, Details: strings.Repeat("𝄞", 2000)})
	s.works()
	size := 0
	for _, item := range s.Scan("RequestsTable") {
		text, err := json.Marshal(item)
		if err != nil {
			t.Fatal(err)
		}
		size = max(size, len(text))
	}
	if size < 240_000 || size > 380_000 {
		t.Errorf("the largest item has about %d bytes", size)
	}
	reply := s.arrives(from(anna, "", wide(9), "Content-Type: text/plain; charset=utf-8", "In-Reply-To: <"+thread(first)+">"), servicetest.Vouched)
	s.takes(reply)
	if got := chooses(t, s.Rig, inbound.ID(reply.Object), request.Filing{Right: privacy.Question}); got.ID == first || got.State != request.Open {
		t.Errorf("a seventh message joins: %+v", got.ID)
	}
}

// A report whose mail cannot be read to its end is tried again, since the bucket has all of it.
func TestFault_F20_AMailWhoseEndDoesNotCome(t *testing.T) {
	t.Parallel()
	s := newService(t)
	a := s.arrives(from(anna, "", "All of my words"), servicetest.Vouched)
	plain := s.Inbox.Mails
	s.Inbox.Mails = brokenMails{plain, &cut{left: 1, sent: true}}
	if _, err := s.Inbox.Take(context.Background(), a); !errors.Is(err, errCut) || len(s.all()) != 0 {
		t.Errorf("%v: %+v", err, s.all())
	}
	s.takes(a)
	if r := s.Load(inbound.ID(a.Object)).Request; !slices.ContainsFunc(r.Messages, func(m request.Message) bool { return m.Text == "All of my words" && !m.Cut }) {
		t.Errorf("%+v", r.Messages)
	}
}
