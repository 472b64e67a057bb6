package openfeature

import (
	"fmt"
	"strings"

	"github.com/becketflags/becket"
	of "github.com/open-feature/go-sdk/openfeature"
)

// resolution says in OpenFeature's words how a result came about. The reasons are OpenFeature's already; the two that it has no word
// for, PREREQUISITE_FAILED and OVERRIDE, go through as they are, which its specification allows.
func (p *Provider) resolution(client *becket.Client, view becket.View, flag string, r *becket.Result) of.ProviderResolutionDetail {
	key := metadataKey{flag, r.Rule}
	d := of.ProviderResolutionDetail{Reason: of.Reason(r.Reason)}
	if r.Variant != nil {
		d.Variant = r.Variant.Name
	}
	if r.Err != nil {
		d.ResolutionError = resolutionError(flag, r.Err)
		if r.Err.Code == becket.CodeFlagNotFound {
			key.flag = "" // callers make up any number of keys
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

// resolutionError keeps the code, and names the flag: in becket it stands in the detail, of which the SDK's errors know nothing.
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
