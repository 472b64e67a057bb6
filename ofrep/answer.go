package ofrep

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
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

// bulk is the answer for all flags. Its metadata is that of the set, so that a new revision does
// not make every flag look changed.
type bulk struct {
	Flags    []any          `json:"flags"`
	Metadata map[string]any `json:"metadata,omitempty"`
}

// answerOf is the answer for a flag, a *success or a *failure. It is the same for a single flag and
// for one of all.
func answerOf(key string, metadata map[string]any, r *becket.Result) any {
	if r.Err != nil {
		return failed(key, r.Err)
	}
	answer := &success{Key: key, Reason: r.Reason, Metadata: metadata}
	if r.Variant == nil {
		return answer
	}
	value, ok := encodable(r.Variant.Value)
	if !ok {
		return failed(key, becket.ErrParse)
	}
	answer.Variant, answer.Value = r.Variant.Name, value
	return answer
}

// encodable returns a value as encoding/json writes it without loss: objects as they stand in the
// ruleset, so that no number in them makes a detour by float64. A value that callers could not
// read, such as an object with 1e400 in it, is none: it would cost them the answers of all other
// flags.
func encodable(value becket.Value) (any, bool) {
	decoded := value.Any()
	if raw := value.Raw(); raw != nil {
		return json.RawMessage(raw), decoded != nil
	}
	_, err := json.Marshal(decoded)
	return decoded, err == nil
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

// words is what each code of an evaluation means. Texts of errors do not go out: those of formats
// and overrides name other flags, which the caller may not see.
var words = map[becket.ErrorCode]string{
	becket.CodeFlagNotFound:        becket.ErrFlagNotFound.Message,
	becket.CodeTypeMismatch:        becket.ErrTypeMismatch.Message,
	becket.CodeTargetingKeyMissing: becket.ErrTargetingKeyMissing.Message,
	becket.CodeParseError:          becket.ErrParse.Message,
	becket.CodeProviderNotReady:    becket.ErrNotReady.Message,
	becket.CodeGeneral:             becket.ErrGeneral.Message,
}

// failed tells callers an evaluation's error by its code alone. A code that is not known is
// GENERAL.
func failed(key string, err *becket.EvaluationError) *failure {
	code := err.Code
	if words[code] == "" {
		code = becket.CodeGeneral
	}
	f := &failure{Key: key, Code: string(code), Details: words[code], status: http.StatusBadRequest}
	switch code {
	case becket.CodeFlagNotFound:
		f.status = http.StatusNotFound
	case becket.CodeProviderNotReady:
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

// replyTagged gives the answer an ETag of its content, and no body to who has it already. What
// decides is the answer, not the ruleset: another context, a schedule or a ramp change it too.
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
