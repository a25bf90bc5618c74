// Package calls records which AWS operations each function calls on which resources, so that a test can compare the calls with the
// roles of template.yaml. It records only names: no key, no item, no address.
package calls

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/helpdeskexpert/privacy/infra/local/dynamodbwire"
	"github.com/helpdeskexpert/privacy/infra/sam"
)

// Recorder appends calls to a file, one JSON line each.
type Recorder struct {
	names map[string]string // name of a resource, lower-cased -> logical id

	mu   sync.Mutex
	file *os.File
}

// Open returns a recorder that appends to the file at path. It writes resources by logical id, which on this machine differ from
// the names only in case.
func Open(path string, logicalIDs []string) (*Recorder, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	r := &Recorder{names: map[string]string{}, file: file}
	for _, id := range logicalIDs {
		r.names[strings.ToLower(id)] = id
	}
	return r, nil
}

// Close closes the file.
func (r *Recorder) Close() error { return r.file.Close() }

// DynamoDB records calls on their way to next.
func (r *Recorder) DynamoDB(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		request.Body = io.NopCloser(bytes.NewReader(body))
		operation := dynamodbwire.Operation(request)
		r.add(request, "dynamodb", operation, r.tables(body))
		next.ServeHTTP(w, request)
	})
}

// S3 records calls on their way to next; a presigned URL is no call of a function.
func (r *Recorder) S3(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		bucket, key, _ := strings.Cut(strings.TrimPrefix(request.URL.Path, "/"), "/")
		r.add(request, "s3", s3Operation(request, key), []string{r.logical(bucket)})
		next.ServeHTTP(w, request)
	})
}

// SES records calls on their way to next.
func (r *Recorder) SES(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.add(request, "ses", sesOperation(request), nil)
		next.ServeHTTP(w, request)
	})
}

// add writes a function's call. The access key id names the function. Requests without one do not come from a function.
func (r *Recorder) add(request *http.Request, service, operation string, resources []string) {
	_, credential, ok := strings.Cut(request.Header.Get("Authorization"), "Credential=")
	function, _, _ := strings.Cut(credential, "/")
	if !ok || function == "" {
		return
	}
	line, err := json.Marshal(sam.Call{Function: function, Service: service, Operation: operation, Resources: resources})
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _ = r.file.Write(append(line, '\n'))
}

// logical turns a name into the logical id. It keeps an unknown name, which the comparison then reports.
func (r *Recorder) logical(name string) string {
	if id, ok := r.names[strings.ToLower(name)]; ok {
		return id
	}
	return name
}

// tables lists what a DynamoDB request uses: a table, an index, or each part of a transaction or batch with its operation.
func (r *Recorder) tables(body []byte) []string {
	type one struct{ TableName, IndexName string }
	var request struct {
		one
		TransactItems []map[string]one
		RequestItems  map[string]json.RawMessage
	}
	if json.Unmarshal(body, &request) != nil {
		return nil
	}
	var all []string
	if request.TableName != "" {
		name := r.logical(request.TableName)
		if request.IndexName != "" {
			name += "/index/" + request.IndexName
		}
		all = append(all, name)
	}
	for _, item := range request.TransactItems {
		for kind, on := range item {
			all = append(all, kind+":"+r.logical(on.TableName))
		}
	}
	for table := range request.RequestItems {
		all = append(all, r.logical(table))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// sesOperation names an SES request by its path, as the service's reference does. An unknown one keeps its path, which the comparison reports.
func sesOperation(r *http.Request) string {
	path := strings.TrimPrefix(r.URL.Path, "/v2/email/")
	switch {
	case r.Method == http.MethodPost && path == "outbound-emails":
		return "SendEmail"
	case r.Method == http.MethodPost && path == "outbound-bulk-emails":
		return "SendBulkEmail"
	case r.Method == http.MethodGet && path == "account":
		return "GetAccount"
	case r.Method == http.MethodGet && strings.HasPrefix(path, "identities/"):
		return "GetEmailIdentity"
	}
	top, _, _ := strings.Cut(path, "/") // what follows may be an address
	return r.Method + " " + top
}

// s3Operation names an S3 request by method and query, as the service's reference does.
func s3Operation(r *http.Request, key string) string {
	query := r.URL.Query()
	part, uploads := query.Has("partNumber"), query.Has("uploads")
	if key == "" {
		switch {
		case uploads:
			return "ListMultipartUploads"
		case r.Method == http.MethodHead:
			return "HeadBucket"
		case query.Has("delete"):
			return "DeleteObjects"
		}
		return "ListObjectsV2"
	}
	switch r.Method {
	case http.MethodPost:
		if uploads {
			return "CreateMultipartUpload"
		}
		return "CompleteMultipartUpload"
	case http.MethodPut:
		if part {
			return "UploadPart"
		}
		return "PutObject"
	case http.MethodDelete:
		if query.Has("uploadId") {
			return "AbortMultipartUpload"
		}
		return "DeleteObject"
	case http.MethodHead:
		return "HeadObject"
	}
	if query.Has("uploadId") {
		return "ListParts"
	}
	return "GetObject"
}
