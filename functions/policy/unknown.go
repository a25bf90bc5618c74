package main

import (
	_ "embed"
	"html"
	"net/http"
	"slices"
	"strings"

	"github.com/helpdeskexpert/privacy/functions/policy/openapi"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// unknown answers calls without a route: 405 with the methods of the path, or 404 if the path has none. A program gets a problem
// document. A person, who may have mangled a mailed link, gets a page with the same status. A link that a mail gateway has mangled is led back.
func (h handler) unknown(w http.ResponseWriter, r *http.Request) error {
	problem := web.ErrNothing
	if methods := openapi.Methods(r.URL.Path); len(methods) > 0 && !slices.Contains(methods, r.Method) {
		w.Header().Set("Allow", strings.Join(methods, ", "))
		problem = fault.New(fault.Method, "This path does not support that method. See the Allow header.")
	}
	w.Header().Set("Vary", "Accept")
	if !web.Navigates(r) {
		return problem
	}
	w.Header().Set("Cache-Control", "no-store") // the path may contain a secret (threat T12)
	if link, ok := links.Restored(r.URL.Path); ok {
		w.Header().Set("Location", link)
		w.WriteHeader(http.StatusFound)
		return nil
	}
	web.ProtectPage(w.Header(), "trusted-types 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(fault.Status(problem))
	_, err := w.Write(page(missingText, h.policy(h.now())))
	return err
}

//go:embed missing.html
var missingText string

// page returns the page with the controller's contact details (promise A01). It is not a template, because html/template would add 6 MB.
func page(text string, p *policy.Policy) []byte {
	c := p.Controller
	facts := []string{
		"{name}", c.Name, "{site}", c.Site, "{host}", strings.TrimPrefix(c.Site, "https://"), "{email}", c.Email, "{phone}", c.Phone,
		"{tel}", c.PhoneDigits(), "{team}", c.Team, "{privacyEmail}", c.PrivacyEmail, "{securityEmail}", c.SecurityEmail,
	}
	for i := 1; i < len(facts); i += 2 {
		facts[i] = html.EscapeString(facts[i])
	}
	var authorities strings.Builder
	for _, a := range p.Authorities {
		authorities.WriteString(`<a href="` + html.EscapeString(a.Site) + `">` + html.EscapeString(a.Name) + "</a>\n")
	}
	facts = append(facts, "{authorities}", authorities.String())
	return []byte(strings.NewReplacer(facts...).Replace(text))
}
