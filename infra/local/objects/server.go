// Package objects is S3 for one machine: gofakes3 over a folder, with S3's signatures, presigned URLs and CORS.
//
// The store behind gofakes3 is our own. The only store that comes with gofakes3 keeps all objects, and all parts of an upload, in
// memory: an export would be lost at a restart, and one of 300 MiB would take more than that in memory. The stores on disk of the
// project from which gofakes3 was forked check no signatures, keep parts in memory too, and leave half an object when the process is killed.
package objects

import (
	"net/http"
	"slices"

	"github.com/rclone/gofakes3"
	"github.com/rclone/gofakes3/signature"
)

// Options say who may do what.
type Options struct {
	Dir     string   // where objects are kept
	Buckets []string // created unless they are there
	Origins []string // origins whose pages may read an object through a presigned URL
	Secret  string   // secret key that goes with every access key
}

// Handler returns an S3 endpoint. Every request must be signed, in its headers or in its URL. A presigned URL expires.
func Handler(o Options) (http.Handler, error) {
	store, err := openFolder(o.Dir, o.Buckets)
	if err != nil {
		return nil, err
	}
	s3 := gofakes3.New(store).Server()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		if !slices.Contains(o.Origins, origin) {
			origin = ""
		}
		w = &corsWriter{ResponseWriter: w, origin: origin}
		if r.Method != http.MethodOptions {
			if code := signature.V4SignVerifyWithLookup(r, func(string) (string, bool) { return o.Secret, true }); code != signature.ErrNone {
				failure := signature.GetAPIError(code)
				w.Header().Set("Content-Type", "application/xml")
				w.WriteHeader(failure.HTTPStatusCode)
				_, _ = w.Write(signature.EncodeAPIErrorToResponse(failure))
				return
			}
		}
		s3.ServeHTTP(w, r)
	}), nil
}

// corsWriter replaces gofakes3's CORS rule, which allows everything to every origin, by the bucket's.
type corsWriter struct {
	http.ResponseWriter
	origin string // the request's origin where the rule allows it, "" otherwise
	wrote  bool
}

// WriteHeader sets the rule's headers and sends them.
func (w *corsWriter) WriteHeader(status int) {
	if !w.wrote {
		w.wrote = true
		w.rule()
	}
	w.ResponseWriter.WriteHeader(status)
}

// rule allows what a download page needs: reading, in ranges, with the length and the tag.
func (w *corsWriter) rule() {
	h := w.Header()
	for _, name := range []string{"Origin", "Methods", "Headers"} {
		h.Del("Access-Control-Allow-" + name)
	}
	h.Del("Access-Control-Expose-Headers")
	if w.origin == "" {
		return
	}
	h.Set("Access-Control-Allow-Origin", w.origin)
	h.Set("Access-Control-Allow-Methods", "GET")
	h.Set("Access-Control-Allow-Headers", "range")
	h.Set("Access-Control-Expose-Headers", "Content-Length, Content-Range, ETag")
	h.Set("Vary", "Origin")
}

// Write sends the headers first, as http.ResponseWriter does.
func (w *corsWriter) Write(p []byte) (int, error) {
	if !w.wrote {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController find the writer below.
func (w *corsWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
