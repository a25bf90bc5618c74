package pages

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/url"
	"sync"
	"time"

	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

//go:embed html
var htmlFiles embed.FS

//go:embed all:dist
var distFiles embed.FS

// Name names a page of the privacy centre.
type Name string

// The pages. Each is the same bytes for everybody; the script of a page that shows something personal fetches it.
const (
	PolicyPage   Name = "policy"
	VersionsPage Name = "versions" // every version ever published
	VersionPage  Name = "version"  // one version, whole
	ChangesPage  Name = "changes"  // what a version changed
	MissingPage  Name = "missing"  // for an address without a page
	RequestPage  Name = "request"  // everything that a person can ask for
	FormPage     Name = "form"     // the form of one of those
	SentPage     Name = "sent"     // after the form was sent without script
	DonePage     Name = "done"     // the same, when what was asked for holds already
	ProblemPage  Name = "problem"  // after it was refused
	MePage       Name = "me"       // what waits for a mailbox, its requests and its choices
	StatusPage   Name = "status"
	ExportPage   Name = "export"
)

// titles maps each page to the title in the browser's tab. %s stands for the day on which the version was published. A form has the title of its ask.
var titles = map[Name]string{
	PolicyPage: "Privacy policy", VersionsPage: "Every version of our privacy policy", VersionPage: "Privacy policy of %s", ChangesPage: "Changes in the version of %s",
	MissingPage: "Page not found", RequestPage: "Use your rights", SentPage: "Please check your email", DonePage: "Done", ProblemPage: "There is a problem with your request", MePage: "Your privacy page",
	StatusPage: "Your request", ExportPage: "Your data",
}

// OfPolicy reports whether the page shows nothing but the policy. Such a page runs no script, and its address contains no secret.
func (n Name) OfPolicy() bool {
	return n == PolicyPage || n == VersionsPage || n == VersionPage || n == ChangesPage || n == MissingPage
}

// Scripted reports whether the page runs a script.
func (n Name) Scripted() bool {
	return n == FormPage || n == MePage || n == StatusPage || n == ExportPage
}

// ofVersion reports whether the page is about one version.
func (n Name) ofVersion() bool { return n == VersionPage || n == ChangesPage }

// Site renders the pages. It is safe for concurrent use.
type Site struct {
	policies  Policies
	assets    Assets
	templates *template.Template

	mu       sync.Mutex
	rendered map[view]File
}

// NewSite returns the pages of the given policies. It fails if the assets have not been built.
func NewSite(p Policies) (*Site, error) {
	dist, err := fs.Sub(distFiles, "dist")
	if err != nil {
		return nil, err
	}
	return newSite(p, dist)
}

func newSite(p Policies, dist fs.FS) (*Site, error) {
	assets, err := loadAssets(dist)
	if err != nil {
		return nil, err
	}
	s := &Site{policies: p, assets: assets, rendered: map[view]File{}}
	funcs := words()
	funcs["asset"] = assets.File
	s.templates, err = template.New("").Funcs(funcs).ParseFS(htmlFiles, "html/*.html")
	return s, err
}

// view is all that a page depends on besides the published policies. It is the key under which a rendered page is kept.
type view struct {
	name     Name
	version  string // that the page is about, or empty
	inForce  string
	announce string // the version that the strip announces, or empty
	refusal  links.Refusal
	ask      string // ID of what the page is about, or empty
	open     bool   // on the page after a form: nothing has to be confirmed
}

// view returns what a page shows at the time now.
func (s *Site) view(name Name, version string, now time.Time) view {
	v := view{name: name, version: version, inForce: s.policies.InForce(now).Version}
	if b := s.policies.Banner(now); name == PolicyPage && b.Show {
		v.announce = b.Version
	}
	return v
}

// freshness is how long a cache may keep a page that does not change meanwhile.
const freshness = 5 * time.Minute

// Page returns a page as it is at the time now. version names the policy version that the page is about; pages that are about none ignore it. Page
// returns [ErrNoVersion] for a version that was never published. A page is rendered and compressed only once for each thing that it can say.
func (s *Site) Page(name Name, version string, now time.Time) (File, error) {
	if _, ok := titles[name]; !ok {
		return File{}, fmt.Errorf("pages: no page %q", name)
	}
	if !name.ofVersion() {
		version = ""
	} else if _, err := s.policies.index(version); err != nil {
		return File{}, err
	}
	return s.at(now, func(now time.Time) view { return s.view(name, version, now) })
}

// About returns a page about what the query of its address names: the form of a right, or what is said after it was sent. If the query names nothing that
// a person can ask for, it returns the list of everything instead of a form, and otherwise a page that says nothing particular. It also returns which page
// it is. Of the query the page shows nothing (threat T17).
func (s *Site) About(name Name, query url.Values, now time.Time) (Name, File, error) {
	id := askIn(query)
	if id == string(privacy.Objection) && name == DonePage { // any other objection waits for a confirmation
		id = marketing
	}
	a, offered := askOf(s.policies.InForce(now), id)
	switch {
	case !offered, name == DonePage && !a.AtOnce():
		id = ""
	case name == RequestPage:
		name = FormPage
	}
	file, err := s.at(now, func(now time.Time) view {
		v := s.view(name, "", now)
		v.ask, v.open = id, name == SentPage && query.Get("state") == "open"
		return v
	})
	return name, file, err
}

// Problem returns the page that tells a person why the form was refused. There are few refusals, so each is rendered and kept.
func (s *Site) Problem(why links.Refusal, now time.Time) (File, error) {
	return s.at(now, func(now time.Time) view {
		v := s.view(ProblemPage, "", now)
		v.refusal, v.ask = why, string(why.Right)
		return v
	})
}

// at returns the page with the view of the time now.
func (s *Site) at(now time.Time, of func(time.Time) view) (File, error) {
	v := of(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	file, ok := s.rendered[v]
	if !ok {
		var err error
		if file, err = s.render(v, s.policies.InForce(now)); err != nil {
			return File{}, err
		}
		s.rendered[v] = file
	}
	if of(now.Add(freshness)) == v {
		file.Fresh = freshness
	}
	return file, nil
}

func (s *Site) render(v view, inForce *policy.Policy) (File, error) {
	data, err := s.page(v, inForce)
	if err != nil {
		return File{}, err
	}
	var html bytes.Buffer
	if err := s.templates.ExecuteTemplate(&html, string(v.name)+".html", data); err != nil {
		return File{}, err
	}
	return File{Type: "text/html; charset=utf-8", Body: html.Bytes()}.compressed(), nil
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
