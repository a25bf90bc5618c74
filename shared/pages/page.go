package pages

import (
	"fmt"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// page is the data of a page's template.
type page struct {
	Name    Name
	Title   string
	Script  string         // name of the script's source; empty for none
	Policy  *policy.Policy // the version in force, whose controller every page names
	InForce edition

	Shown   *policy.Policy // the version whose text the page shows
	Edition edition        // the same version
	All     []edition      // every version ever published, the newest first
	Coming  []edition      // on the policy page: the versions that are not in force yet, the next one first
	News    *edition       // on the policy page: the version that the strip announces

	Before     *edition    // on the page of changes: the version to which it compares; nil for the first version
	Difference *difference // from that version

	Ask     ask           // on a form and after it: what a person asks for; zero if it is not known
	Waits   bool          // after a form: it waits for a confirmation
	Refusal links.Refusal // on the page that says why the form was refused
}

// Asking returns the data of the page for the part of it that is about one thing that a person can ask for.
func (p page) Asking(a ask) page {
	p.Ask = a
	return p
}

// page gathers the data of a page.
func (s *Site) page(v view, p *policy.Policy) (page, error) {
	data := page{Name: v.name, Title: titles[v.name], Policy: p, Shown: p, Refusal: v.refusal}
	if v.name.Scripted() {
		data.Script = string(v.name) + ".js"
	}
	if data.Ask, _ = askOf(p, v.ask); v.name == FormPage {
		data.Title = data.Ask.Title
	}
	if data.Waits = !v.open && (data.Ask.ID == "" || data.Ask.Confirmed()); v.name == SentPage && !data.Waits {
		data.Title = "We have received it"
	}
	if !v.name.OfPolicy() {
		return data, nil
	}
	now, err := s.policies.index(p.Version)
	if err != nil {
		return page{}, fmt.Errorf("pages: the version in force, %s, was never published", p.Version)
	}
	data.All = s.policies.editions(now)
	data.InForce, data.Edition = data.All[now], data.All[now]
	if v.name == PolicyPage {
		data.Coming, data.News = news(data.All, v.announce)
	}
	if v.name.ofVersion() {
		err = s.aboutVersion(&data, v.version)
	}
	return data, err
}

// aboutVersion adds what a page about one version shows.
func (s *Site) aboutVersion(data *page, version string) error {
	all := data.All
	i, err := s.policies.index(version)
	if err != nil {
		return err
	}
	data.Edition = all[i]
	data.Title = strings.Replace(data.Title, "%s", day(all[i].LastUpdated), 1)
	if data.Shown, err = s.policies.decode(version); err != nil || data.Name != ChangesPage || i+1 == len(all) {
		return err
	}
	before, err := s.policies.decode(all[i+1].Version)
	if err != nil {
		return err
	}
	d := compare(before, data.Shown)
	data.Before, data.Difference = &all[i+1], &d
	return nil
}

// news returns the versions that are coming, and the version that the strip announces, unless it is one of those: a page says a thing once.
func news(all []edition, announced string) (soon []edition, said *edition) {
	for _, e := range all {
		if e.State == policy.StateComing {
			soon = append([]edition{e}, soon...)
		} else if e.Version == announced {
			said = &e
		}
	}
	return soon, said
}
