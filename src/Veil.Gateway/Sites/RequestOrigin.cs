using Microsoft.AspNetCore.Http;

namespace Veil.Gateway.Sites;

/// <summary>Whether a request comes from where it may come from (spec/gateway.md, section 2).</summary>
internal static class RequestOrigin
{
    /// <summary>False for what another site's page asks for, except that a person may follow a link.</summary>
    /// <param name="request">The request, its host checked.</param>
    /// <param name="host">The host name of the site.</param>
    internal static bool IsAllowed(HttpRequest request, string host)
    {
        var headers = request.Headers;
        if (headers.Origin.Count > 0 && headers.Origin != $"http://{host}")
        {
            return false;
        }

        var site = headers["Sec-Fetch-Site"];
        if (site.Count == 0 || site == "same-origin" || site == "none")
        {
            return true;
        }

        return (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
            && headers["Sec-Fetch-Mode"] == "navigate"
            && headers["Sec-Fetch-Dest"] == "document";
    }
}
