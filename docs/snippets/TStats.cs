// TStats for Unity 2020.2 and later. Put this file into Assets, the component TStats on an object
// of your first scene, and set the address and the app key in the inspector. Then, anywhere:
//
//     TStats.Event("Game started");
//     TStats.Event("Level completed", "{\"level\": 3, \"seconds\": 41.5}");
//     TStats.Event("FPS", JsonUtility.ToJson(frames));
//
// No call waits or throws. What happens while the server is away is sent when it is back.
using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using UnityEngine;
using UnityEngine.Networking;

public class TStats : MonoBehaviour
{
    [SerializeField] string url = "http://127.0.0.1:8000";
    [SerializeField] string appKey = "";

    const int MostWaiting = 1000;
    const float SecondsToClose = 2;

    class Message
    {
        public string path, body, key;
    }

    [Serializable]
    class Opened
    {
        public string _id = "";
    }

    static TStats instance;
    readonly Queue<Message> waiting = new Queue<Message>();
    string session, reply;
    long status;
    bool isClosing, mayQuit;

    /// Something happened. The data is JSON, up to 64 KiB.
    public static void Event(string type, string json = null)
    {
        if (instance == null) return;
        // By its key the server knows an event that is sent again.
        instance.Add("/event/" + Uri.EscapeDataString(type), ",\"event\":" + (json ?? "null"),
            Guid.NewGuid().ToString("N"));
    }

    void Awake()
    {
        if (instance != null)
        {
            Destroy(gameObject);
            return;
        }
        instance = this;
        DontDestroyOnLoad(gameObject);
        Application.wantsToQuit += WantsToQuit;
        StartCoroutine(Run());
    }

    void OnDestroy()
    {
        if (instance != this) return;
        Application.wantsToQuit -= WantsToQuit;
        instance = null;
    }

    void Add(string path, string fields, string key)
    {
        if (waiting.Count < MostWaiting)
            waiting.Enqueue(new Message { path = path, body = Body(fields), key = key });
    }

    static string Body(string fields)
    {
        var now = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        return "{\"clientTime\":\"" + now + "\"" + fields + "}";
    }

    // One request after the other, so that events arrive in their order.
    IEnumerator Run()
    {
        yield return Send("POST", "", Body(""), null);
        if (status != 201) yield break; // a wrong app key does not become right
        session = JsonUtility.FromJson<Opened>(reply)._id;
        while (true)
        {
            while (waiting.Count == 0) yield return null;
            var next = waiting.Peek();
            yield return Send("PUT", session + next.path, next.body, next.key);
            waiting.Dequeue();
        }
    }

    // Tries until the server has answered. Sets status and reply.
    IEnumerator Send(string method, string path, string body, string key)
    {
        for (float wait = 1; ; wait = Mathf.Min(wait * 2, 60))
        {
            using (var request = new UnityWebRequest(url.TrimEnd('/') + "/sessions/" + path, method))
            {
                request.uploadHandler = new UploadHandlerRaw(Encoding.UTF8.GetBytes(body));
                request.downloadHandler = new DownloadHandlerBuffer();
                request.timeout = 10;
                request.SetRequestHeader("Content-Type", "application/json");
                if (session == null && appKey != "") request.SetRequestHeader("X-App-Key", appKey);
                if (key != null) request.SetRequestHeader("Idempotency-Key", key);
                yield return request.SendWebRequest();
                status = request.responseCode; // 0 if there was no answer
                reply = request.downloadHandler.text;
            }
            if (status >= 400) Debug.LogWarning("TStats: " + reply);
            if (status > 0 && status < 500 && status != 408 && status != 429) yield break;
            yield return new WaitForSecondsRealtime(wait);
        }
    }

    // Asked to quit, the game first closes its session, for two seconds at most. On phones nobody
    // asks: there the session ends at its last event, after a while of silence.
    bool WantsToQuit()
    {
        if (mayQuit || session == null) return true;
        if (!isClosing) StartCoroutine(CloseAndQuit());
        isClosing = true;
        return false;
    }

    IEnumerator CloseAndQuit()
    {
        Add("/close", "", null);
        for (float left = SecondsToClose; left > 0 && waiting.Count > 0; left -= Time.unscaledDeltaTime)
            yield return null;
        mayQuit = true;
        Application.Quit();
    }
}
