package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// answer is what a function may return: payload format 2.0 with a status, or any JSON value.
type answer struct {
	StatusCode      *int              `json:"statusCode"`
	Headers         map[string]string `json:"headers"`
	Cookies         []string          `json:"cookies"`
	Body            string            `json:"body"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
}

// ours are the headers that API Gateway sets itself. It drops those of a function.
var ours = map[string]bool{"connection": true, "transfer-encoding": true, "keep-alive": true, "upgrade": true, "trailer": true,
	"content-length": true, "date": true, "apigw-requestid": true}

// respond writes a function's result. JSON without a status becomes the body of a 200. A result that is not JSON counts as the function's failure.
func respond(w http.ResponseWriter, result []byte) int {
	if !json.Valid(result) {
		return message(w, http.StatusInternalServerError, "Internal Server Error")
	}
	var a answer
	if !bytes.HasPrefix(bytes.TrimSpace(result), []byte("{")) || json.Unmarshal(result, &a) != nil || a.StatusCode == nil {
		return write(w, http.StatusOK, "application/json", result)
	}
	body := []byte(a.Body)
	if a.IsBase64Encoded {
		decoded, err := base64.StdEncoding.DecodeString(a.Body)
		if err != nil {
			return message(w, http.StatusInternalServerError, "Internal Server Error")
		}
		body = decoded
	}
	if *a.StatusCode < 100 || *a.StatusCode > 599 {
		return message(w, http.StatusInternalServerError, "Internal Server Error")
	}
	for name, value := range a.Headers {
		name = strings.ToLower(name)
		if !ours[name] && !strings.HasPrefix(name, "access-control-") {
			w.Header().Set(name, value)
		}
	}
	for _, cookie := range a.Cookies {
		w.Header().Add("Set-Cookie", cookie)
	}
	return write(w, *a.StatusCode, "text/plain;charset=UTF-8", body)
}

// write sends the body under the content type that the headers name, else the one given.
func write(w http.ResponseWriter, status int, contentType string, body []byte) int {
	if status != http.StatusNoContent && status != http.StatusNotModified {
		if w.Header().Get("Content-Type") == "" {
			w.Header().Set("Content-Type", contentType)
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
	return status
}
