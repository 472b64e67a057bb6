package ofrep

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/becketflags/becket"
)

// targetingKey is what OpenFeature calls the key in a context.
const targetingKey = "targetingKey"

// request is the body of both kinds of request.
type request struct {
	Context map[string]any `json:"context"`
}

// readSubject reads the evaluation context of a request. Whoever sends none has no key and no attributes.
func readSubject(w http.ResponseWriter, r *http.Request, maxBytes int64) (becket.Subject, *failure) {
	if !isJSON(r.Header.Get("Content-Type")) {
		return becket.Subject{}, refuse(http.StatusUnsupportedMediaType, codeParse, "the body must be application/json")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBytes))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return becket.Subject{}, refuse(http.StatusRequestEntityTooLarge, codeContext, "the body is too large")
	}
	if err != nil {
		return becket.Subject{}, refuse(http.StatusBadRequest, codeParse, "the body could not be read")
	}
	parsed, refusal := parse(body)
	if refusal != nil {
		return becket.Subject{}, refusal
	}
	return subjectOf(parsed.Context)
}

// isJSON accepts a missing type too; a form, which every page may send anywhere, it does not.
func isJSON(contentType string) bool {
	if contentType == "" {
		return true
	}
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == "application/json"
}

func parse(body []byte) (request, *failure) {
	var parsed request
	if len(bytes.TrimSpace(body)) == 0 {
		return parsed, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // 64 bits of an integer do not fit a float64
	err := decoder.Decode(&parsed)
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return parsed, refuse(http.StatusBadRequest, codeContext, "the context must be an object")
	}
	if err != nil || decoder.More() {
		return parsed, refuse(http.StatusBadRequest, codeParse, "the body is not one JSON object")
	}
	return parsed, nil
}

// subjectOf reads OpenFeature's context as a subject. Nested objects become dotted names; a name written out beats them, since the last
// of two attributes counts.
func subjectOf(context map[string]any) (becket.Subject, *failure) {
	key, ok := context[targetingKey].(string)
	if !ok && context[targetingKey] != nil {
		return becket.Subject{}, refuse(http.StatusBadRequest, codeContext, "the targetingKey must be text")
	}
	var nested, flat []becket.Attribute
	for name, value := range context {
		if name == targetingKey || value == nil {
			continue
		}
		value, ok := plain(value)
		if !ok {
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

// plain turns the numbers in a decoded value into what they are.
func plain(value any) (any, bool) {
	switch v := value.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i, true
		}
		f, err := v.Float64()
		return f, err == nil
	case []any:
		for i := range v {
			element, ok := plain(v[i])
			if !ok {
				return nil, false
			}
			v[i] = element
		}
	case map[string]any:
		for name := range v {
			element, ok := plain(v[name])
			if !ok {
				return nil, false
			}
			v[name] = element
		}
	}
	return value, true
}
