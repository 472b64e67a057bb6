package ofrep

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"mime"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/becketflags/becket"
)

// targetingKey is the name of the key in OpenFeature's context.
const targetingKey = "targetingKey"

// bodyPatience is the time for a body to arrive if the server sets no limit of its own.
const bodyPatience = 10 * time.Second

// limitReading sets a deadline for reading the request's body. The deadline also ends the server's
// own reading of a body that the handler did not read. A server with a read timeout already has a
// deadline.
func limitReading(w http.ResponseWriter, r *http.Request) {
	if !hasReadTimeout(r) {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyPatience))
	}
}

// endReading removes the deadline after the body has been read, because the deadline would end the
// request's context.
func endReading(w http.ResponseWriter, r *http.Request) {
	if !hasReadTimeout(r) {
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	}
}

func hasReadTimeout(r *http.Request) bool {
	server, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
	return ok && server.ReadTimeout > 0
}

// readSubject reads the evaluation context of a request. A request without a context has a subject
// without key and attributes.
func (h *handler) readSubject(w http.ResponseWriter, r *http.Request) (becket.Subject, *failure) {
	if !isJSON(r) {
		return becket.Subject{}, refuse(http.StatusUnsupportedMediaType, codeParse, "the body must be application/json")
	}
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return becket.Subject{}, refuse(http.StatusUnsupportedMediaType, codeParse, "the body must not be compressed")
	}
	body, refusal := readBody(w, r, h.maxBytes)
	if refusal != nil {
		return becket.Subject{}, refusal
	}
	endReading(w, r)
	context, refusal := parse(body)
	if refusal != nil {
		return becket.Subject{}, refusal
	}
	return subjectOf(context)
}

// readBody reads a body as it arrives. It allocates memory for the bytes that have arrived, not for
// the announced length.
func readBody(w http.ResponseWriter, r *http.Request, maxBytes int64) ([]byte, *failure) {
	if r.Body == nil {
		return nil, nil
	}
	var body bytes.Buffer
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, maxBytes))
	if err == nil {
		return body.Bytes(), nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, refuse(http.StatusRequestEntityTooLarge, codeContext, "the body is too large")
	}
	w.Header().Set("Connection", "close")
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, refuse(http.StatusRequestTimeout, codeParse, "the body did not arrive in time")
	}
	return nil, refuse(http.StatusBadRequest, codeParse, "the body could not be read")
}

// isJSON reports whether the request declares a JSON body. It rejects forms, and bodies without a
// content type from browsers, because every page may send both to any server.
func isJSON(r *http.Request) bool {
	contentType := r.Header.Get("Content-Type")
	if contentType == "" {
		return r.Header.Get("Origin") == ""
	}
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == "application/json"
}

// parse returns the members of the context in a body.
func parse(body []byte) (map[string]any, *failure) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	raw, refusal := contextIn(body)
	if raw == nil || refusal != nil {
		return nil, refusal
	}
	var context map[string]any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber() // float64 cannot hold every 64-bit integer
	if err := decoder.Decode(&context); err != nil {
		return nil, notOneObject()
	}
	return context, nil
}

// subjectOf converts OpenFeature's context to a subject. Nested objects become dotted names. A name
// that is written with dots takes precedence, because the last of two attributes counts. The order
// of the members makes no difference.
func subjectOf(context map[string]any) (becket.Subject, *failure) {
	key, ok := context[targetingKey].(string)
	if !ok && context[targetingKey] != nil {
		return becket.Subject{}, refuse(http.StatusBadRequest, codeContext, "the targetingKey must be text")
	}
	var nested, flat []becket.Attribute
	for _, name := range slices.Sorted(maps.Keys(context)) {
		value := context[name]
		if name == targetingKey || value == nil {
			continue
		}
		if !inRange(value) {
			return becket.Subject{}, refuse(http.StatusBadRequest, codeContext, "a number is out of range")
		}
		if _, isObject := value.(map[string]any); isObject {
			nested = append(nested, becket.Any(name, value))
		} else {
			flat = append(flat, becket.Any(name, value))
		}
	}
	return becket.NewSubject(key, append(nested, flat...)...), nil
}

// inRange reports whether a float64 can hold every number in a decoded value.
func inRange(value any) bool {
	switch v := value.(type) {
	case json.Number:
		_, err := v.Float64()
		return err == nil
	case []any:
		for i := range v {
			if !inRange(v[i]) {
				return false
			}
		}
	case map[string]any:
		for name := range v {
			if !inRange(v[name]) {
				return false
			}
		}
	}
	return true
}
