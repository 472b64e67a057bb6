package openfeature

import (
	"fmt"
	"strings"

	"github.com/becketflags/becket"
	of "github.com/open-feature/go-sdk/openfeature"
)

// resolution translates a result to OpenFeature's terms. The reasons already have OpenFeature's
// names. PREREQUISITE_FAILED and OVERRIDE have no counterpart and stay as they are, which the
// specification allows.
func (p *Provider) resolution(client *becket.Client, view becket.View, flag string, r *becket.Result) of.ProviderResolutionDetail {
	key := metadataKey{flag, r.Rule}
	d := of.ProviderResolutionDetail{Reason: of.Reason(r.Reason)}
	if r.Variant != nil {
		d.Variant = r.Variant.Name
	}
	if r.Err != nil {
		d.ResolutionError = resolutionError(flag, r.Err)
		if r.Err.Code == becket.CodeFlagNotFound {
			key.flag = "" // callers can make up any number of keys
		}
	}
	if p == nil {
		return d
	}
	d.FlagMetadata = p.hidden
	if !p.config.bare {
		d.FlagMetadata = p.metadata.of(client, view, key)
	}
	return d
}

// resolutionError keeps the code and adds the flag's key to the message. In becket, the detail has
// the key, but the SDK's errors have no field for it.
func resolutionError(flag string, err *becket.EvaluationError) of.ResolutionError {
	text := fmt.Sprintf("flag %q: %s", flag, strings.TrimPrefix(err.Error(), "becket: "))
	switch err.Code {
	case becket.CodeFlagNotFound:
		return of.NewFlagNotFoundResolutionError(text)
	case becket.CodeTypeMismatch:
		return of.NewTypeMismatchResolutionError(text)
	case becket.CodeTargetingKeyMissing:
		return of.NewTargetingKeyMissingResolutionError(text)
	case becket.CodeParseError:
		return of.NewParseErrorResolutionError(text, err)
	case becket.CodeProviderNotReady:
		return of.NewProviderNotReadyResolutionError(text)
	default:
		return of.NewGeneralResolutionError(text, err)
	}
}
