package main

import (
	"maps"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// weighedPurpose is a purpose on legitimate interests that is no direct marketing, and directMarketing one that is.
const (
	weighedPurpose  = privacy.Purpose("quality_assurance")
	directMarketing = privacy.Purpose("business_development")
)

// filings returns one filing of each right, with all that it must have, in the order of the alphabet.
func filings(email string) (all []request.Filing) {
	for _, right := range slices.Sorted(maps.Keys(request.Rights)) {
		f := request.Filing{Right: right, Email: email, Details: "canary"}
		switch right {
		case privacy.Know:
			f.Scope = privacy.ByCategory
		case privacy.Objection:
			f.Purposes = []privacy.Purpose{weighedPurpose}
		case privacy.Restriction:
			f.Ground = privacy.Claims
		}
		all = append(all, f)
	}
	return all
}
