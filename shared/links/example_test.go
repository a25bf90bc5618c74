package links_test

import (
	"fmt"

	"github.com/helpdeskexpert/privacy/shared/links"
)

// The secret of a page's link is in the fragment, which no browser sends (threat T12). A mail program calls the link of one-click
// unsubscription by itself, so that token is in the path.
func ExampleOrigin() {
	o := links.Origin("https://privacy.example.com")
	fmt.Println(o.Me("bWFpbGJveA", "c2VjcmV0"))
	fmt.Println(o.Export("0190.1", "dG9rZW4", "AGE-1Q"))
	fmt.Println(o.Unsubscribe("c3ViamVjdA.bWFj"))
	// Output:
	// https://privacy.example.com/me#bWFpbGJveA.c2VjcmV0
	// https://privacy.example.com/exports/0190.1#dG9rZW4.AGE-1Q
	// https://privacy.example.com/v1/unsubscribe/c3ViamVjdA.bWFj
}
