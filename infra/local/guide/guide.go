// Package guide is the start page of the local stack. It leads through the main job step by step.
package guide

import (
	"embed"
	"html/template"
	"net/http"
	"strings"
)

//go:embed index.html local.css guide.js
var files embed.FS

// page is parsed once, so that a page with an error ends the program at its start.
var page = template.Must(template.ParseFS(files, "index.html"))

// policy lets the page load its own style and script, call its own origin, and nothing else.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves the page at prefix + "/", such as /_local/, for the service at origin. Under another host name of the machine it
// redirects to origin, because the functions refuse requests from pages of any other origin (T20).
func Handler(prefix, origin string) http.Handler {
	mux := http.NewServeMux()
	_, port, _ := strings.Cut(strings.TrimPrefix(origin, "http://"), ":")
	if port == "8080" {
		port = "" // make's default
	}
	mux.HandleFunc("GET "+prefix+"/{$}", func(w http.ResponseWriter, r *http.Request) {
		if "http://"+r.Host != origin {
			http.Redirect(w, r, origin+prefix+"/", http.StatusTemporaryRedirect)
			return
		}
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_ = page.Execute(w, map[string]string{"Prefix": prefix, "Origin": origin, "Port": port})
	})
	for _, name := range []string{"local.css", "guide.js"} {
		mux.HandleFunc("GET "+prefix+"/"+name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "no-cache")
			http.ServeFileFS(w, r, files, name)
		})
	}
	return mux
}
