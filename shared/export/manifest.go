package export

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// manifestVersion is the version of the bundle's layout, described by the schemas in schema/.
const manifestVersion = 1

// manifest is manifest.json, the last file of a bundle.
type manifest struct {
	Version       int               `json:"version"`
	Right         privacy.Right     `json:"right"`
	CreatedAt     string            `json:"createdAt"` // RFC 3339, UTC
	PolicyVersion string            `json:"policyVersion"`
	Controller    controller        `json:"controller"`
	Categories    []CategorySummary `json:"categories"`
	Sources       []privacy.Source  `json:"sources"`
	Files         []file            `json:"files"` // every file but this one
}

// controller is who answers, on every machine document (promise A01).
type controller struct {
	Name         string `json:"name"`
	Site         string `json:"site"`
	Email        string `json:"email"`
	Phone        string `json:"phone"`
	PrivacyEmail string `json:"privacyEmail"`
}

func controllerOf(p *policy.Policy) controller {
	c := p.Controller
	return controller{c.Name, c.Site, c.Email, c.Phone, c.PrivacyEmail}
}

// stamp is a time as RFC 3339 in UTC; the zero time, which means "no date", is empty.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
