package pages

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"slices"
	"sync"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

//go:embed html
var htmlFiles embed.FS

//go:embed all:dist
var distFiles embed.FS

// Name names a page of the privacy centre.
type Name string

// The pages. Every page except the policy is the same bytes for everybody; its script fetches what is personal.
const (
	PolicyPage      Name = "policy"
	RequestPage     Name = "request" // the request form
	VerifyPage      Name = "verify"
	StatusPage      Name = "status"
	ExportPage      Name = "export"
	ConfirmPage     Name = "confirm"     // confirms a consent by e-mail address
	PreferencesPage Name = "preferences" // shows and withdraws consents by e-mail address
)

// titles maps each page to the title in the browser's tab.
var titles = map[Name]string{
	PolicyPage: "Privacy policy", RequestPage: "Ask for your data", VerifyPage: "Confirm your request",
	StatusPage: "Your request", ExportPage: "Your data", ConfirmPage: "Confirm your choice", PreferencesPage: "What you have agreed to",
}

// Site renders the pages of one policy. It is safe for concurrent use.
type Site struct {
	policy    *policy.Policy
	sha256    string
	assets    Assets
	templates *template.Template

	mu       sync.Mutex
	rendered map[Name]File
}

// NewSite returns the pages of a policy version. published lists all versions ever published; the hash of this version is taken
// from it (promise A02). NewSite fails if the assets have not been built.
func NewSite(p *policy.Policy, published []policy.Published) (*Site, error) {
	dist, err := fs.Sub(distFiles, "dist")
	if err != nil {
		return nil, err
	}
	return newSite(p, published, dist)
}

func newSite(p *policy.Policy, published []policy.Published, dist fs.FS) (*Site, error) {
	assets, err := loadAssets(dist)
	if err != nil {
		return nil, err
	}
	s := &Site{policy: p, assets: assets, rendered: map[Name]File{}}
	if i := slices.IndexFunc(published, func(v policy.Published) bool { return v.Version == p.Version }); i >= 0 {
		s.sha256 = published[i].SHA256
	}
	funcs := words()
	funcs["asset"] = assets.File
	s.templates, err = template.New("").Funcs(funcs).ParseFS(htmlFiles, "html/*.html")
	return s, err
}

// page is the data of a page's template.
type page struct {
	Name   Name
	Title  string
	Script string // name of the script's source; empty for none
	Policy *policy.Policy
	SHA256 string // hash of the policy's published JSON
}

// Page returns a page. The page is rendered and compressed only once.
func (s *Site) Page(name Name) (File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if file, ok := s.rendered[name]; ok {
		return file, nil
	}
	title, ok := titles[name]
	if !ok {
		return File{}, fmt.Errorf("pages: no page %q", name)
	}
	data := page{Name: name, Title: title, Policy: s.policy, SHA256: s.sha256}
	if name != PolicyPage {
		data.Script = string(name) + ".js"
	}
	var html bytes.Buffer
	if err := s.templates.ExecuteTemplate(&html, string(name)+".html", data); err != nil {
		return File{}, err
	}
	s.rendered[name] = File{Type: "text/html; charset=utf-8", Body: html.Bytes()}.compressed()
	return s.rendered[name], nil
}

// Asset returns a built file by its name with the content hash, or by the name of its source, for pages that do not know the hash.
// It compresses a file when it is first asked for. It returns false for an unknown name.
func (s *Site) Asset(name string) (File, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	file, ok := s.assets.files[name]
	if ok && file.Gzip == nil {
		file = file.compressed()
		s.assets.files[name] = file
	}
	return file, ok
}
