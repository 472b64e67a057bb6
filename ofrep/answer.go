package ofrep

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/becketflags/becket"
)

// Codes of the protocol for requests that cannot be read; those of evaluations are becket's.
const (
	codeParse   = "PARSE_ERROR"
	codeContext = "INVALID_CONTEXT"
)

// success is the answer for a flag. Without a value the caller's default counts.
type success struct {
	Key      string         `json:"key"`
	Value    any            `json:"value,omitempty"`
	Reason   becket.Reason  `json:"reason"`
	Variant  string         `json:"variant,omitempty"`
	Metadata map[string]any `json:"metadata,omitempty"`
}

// failure is the answer where there is none, for a flag or for a whole request.
type failure struct {
	Key     string `json:"key,omitempty"`
	Code    string `json:"errorCode"`
	Details string `json:"errorDetails"`
	status  int
}

// bulk is the answer for all flags. Its metadata is that of the set, so that a new revision does not make every flag look changed.
type bulk struct {
	Flags    []any          `json:"flags"`
	Metadata map[string]any `json:"metadata,omitempty"`
}

func newSuccess(key string, info becket.FlagInfo, r *becket.Result) success {
	s := success{Key: key, Reason: r.Reason, Metadata: info.Metadata}
	if r.Variant != nil {
		s.Variant, s.Value = r.Variant.Name, r.Variant.Value.Any()
		if raw := r.Variant.Value.Raw(); raw != nil {
			s.Value = json.RawMessage(raw)
		}
	}
	return s
}

func newSuccessOf(info becket.FlagInfo, d *becket.Detail[any]) success {
	return success{Key: d.Flag, Value: d.Value, Reason: d.Reason, Variant: d.Variant, Metadata: info.Metadata}
}

// withOrigin adds what OpenFeature's telemetry wants to know of a ruleset, to a copy.
func withOrigin(metadata map[string]any, view becket.View) map[string]any {
	all := map[string]any{}
	maps.Copy(all, metadata)
	all["version"] = strconv.FormatInt(view.Revision(), 10)
	if environment := view.Environment(); environment != "" {
		all["flagSetId"] = environment
	}
	return all
}

func refuse(status int, code, details string) *failure {
	return &failure{Code: code, Details: details, status: status}
}

// failed says what an evaluation's error is to a caller from outside: its code and what the code means. What the decoder said of the
// ruleset stays inside.
func failed(key string, err error) *failure {
	f := &failure{Key: key, Code: string(becket.CodeGeneral), Details: "the evaluation failed", status: http.StatusBadRequest}
	if evaluation, ok := errors.AsType[*becket.EvaluationError](err); ok {
		f.Code, f.Details = string(evaluation.Code), evaluation.Message
	}
	switch f.Code {
	case string(becket.CodeFlagNotFound):
		f.status = http.StatusNotFound
	case string(becket.CodeProviderNotReady):
		f.status = http.StatusInternalServerError
	}
	return f
}

func reply(w http.ResponseWriter, status int, answer any) {
	body, err := json.Marshal(answer)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	write(w, status, body)
}

// replyTagged gives the answer an ETag of its content, and no body to who has it already. What decides is the answer, not the ruleset:
// another context, a schedule or a ramp change it too.
func replyTagged(w http.ResponseWriter, r *http.Request, answer any) {
	body, err := json.Marshal(answer)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	sum := sha256.Sum256(body)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:18]) + `"`
	w.Header().Set("ETag", tag)
	if matches(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	write(w, http.StatusOK, body)
}

func write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// matches compares weakly, as If-None-Match is to be read: proxies that compress make tags weak.
func matches(fields []string, tag string) bool {
	for _, field := range fields {
		for candidate := range strings.SplitSeq(field, ",") {
			candidate = strings.TrimSpace(candidate)
			if candidate == "*" || strings.TrimPrefix(candidate, "W/") == tag {
				return true
			}
		}
	}
	return false
}
