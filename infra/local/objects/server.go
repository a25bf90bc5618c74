// Package objects is S3 for one machine: gofakes3 over a folder, with S3's signatures, presigned URLs and CORS.
package objects

import (
	"encoding/xml"
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

// Handler returns an S3 endpoint. Every request is signed, in its headers or in its URL; a presigned URL expires.
func Handler(o Options) (http.Handler, error) {
	store, err := openFolder(o.Dir)
	if err != nil {
		return nil, err
	}
	for _, bucket := range o.Buckets {
		if exists, _ := store.BucketExists(nil, bucket); exists { //nolint:staticcheck // the folder has no use for a context
			continue
		}
		if err := store.CreateBucket(nil, bucket); err != nil { //nolint:staticcheck // as above
			return nil, err
		}
	}
	s3 := gofakes3.New(store, gofakes3.WithHostBucket(false)).Server()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w = &corsWriter{ResponseWriter: w, origin: allowed(o.Origins, r.Header.Get("Origin"))}
		if r.Method != http.MethodOptions {
			if code := signature.V4SignVerifyWithLookup(r, func(string) (string, bool) { return o.Secret, true }); code != signature.ErrNone {
				refuse(w, code)
				return
			}
			// S3 encrypts with the bucket's key; here nothing is encrypted, and gofakes3 would refuse the wish.
			r.Header.Del("X-Amz-Server-Side-Encryption")
			r.Header.Del("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id")
			r.Header.Del("X-Amz-Server-Side-Encryption-Bucket-Key-Enabled")
		}
		s3.ServeHTTP(w, r)
	}), nil
}

// refuse answers as S3 does, so that the SDK names the error.
func refuse(w http.ResponseWriter, code signature.ErrorCode) {
	failure := signature.GetAPIError(code)
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(failure.HTTPStatusCode)
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: failure.Code, Message: failure.Description})
}

// allowed returns the origin if the rule lists it.
func allowed(origins []string, origin string) string {
	if slices.Contains(origins, origin) {
		return origin
	}
	return ""
}

// corsWriter puts the bucket's CORS rule in place of gofakes3's, which lets every origin do everything.
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
	h.Set("Access-Control-Allow-Methods", "GET, HEAD")
	h.Set("Access-Control-Allow-Headers", "range")
	h.Set("Access-Control-Expose-Headers", "Content-Length, ETag")
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
