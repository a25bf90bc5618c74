package paging

import (
	"encoding/xml"
	"io"
	"net/http"
	"strings"
)

// S3 pages the listings of a store in the same way: of objects, and of unfinished uploads.
func S3(store http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		var at, limit string
		switch {
		case r.Method == http.MethodGet && query.Has("list-type"):
			at, limit = "continuation-token", "max-keys"
		case r.Method == http.MethodGet && query.Has("uploads"):
			at, limit = "key-marker", "max-uploads"
		default:
			store.ServeHTTP(w, r)
			return
		}
		start, served := strings.CutPrefix(query.Get(at), mark)
		if !served {
			w.Header().Set("Content-Type", "application/xml")
			_, _ = io.WriteString(w, emptyListing(at, mark+start, query.Get("upload-id-marker")))
			return
		}
		if query.Set(at, start); start == "" {
			query.Del(at)
		}
		query.Set(limit, "1")
		out := r.Clone(r.Context())
		out.URL.RawQuery = query.Encode()
		out.RequestURI = out.URL.RequestURI()
		store.ServeHTTP(w, out)
	})
}

func emptyListing(at, next, upload string) string {
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(next))
	if at == "continuation-token" {
		return "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>" + escaped.String() + "</NextContinuationToken></ListBucketResult>"
	}
	return "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>" + escaped.String() + "</NextKeyMarker><NextUploadIdMarker>" +
		upload + "</NextUploadIdMarker></ListMultipartUploadsResult>"
}
