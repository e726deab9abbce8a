// As much of Unity as docs/snippets/TStats.cs needs, over .NET's own HTTP client; and a game.
using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Reflection;
using System.Text.RegularExpressions;
using UnityEngine;
using UnityEngine.Networking;

namespace UnityEngine
{
    public class SerializeField : Attribute { }

    public class GameObject { }

    public class MonoBehaviour
    {
        public GameObject gameObject = new GameObject();
        public static readonly List<Stack<IEnumerator>> Running = new List<Stack<IEnumerator>>();
        public static void DontDestroyOnLoad(GameObject it) { }
        public static void Destroy(GameObject it) { }
        public void StartCoroutine(IEnumerator routine)
        {
            Running.Add(new Stack<IEnumerator>(new[] { routine }));
        }
    }

    public static class Application
    {
        public static event Func<bool> wantsToQuit;
        public static bool HasQuit;
        public static void Quit()
        {
            foreach (Func<bool> may in wantsToQuit.GetInvocationList()) if (!may()) return;
            HasQuit = true;
        }
    }

    public class WaitForSecondsRealtime
    {
        public readonly DateTime End;
        public WaitForSecondsRealtime(float seconds) { End = DateTime.UtcNow.AddSeconds(seconds); }
    }

    public static class Time { public static float unscaledDeltaTime = 0.01f; }

    public static class Mathf { public static float Min(float a, float b) { return Math.Min(a, b); } }

    public static class Debug
    {
        public static void LogWarning(object text) { Console.WriteLine(text); }
    }

    public static class JsonUtility
    {
        public static T FromJson<T>(string json) where T : new()
        {
            var found = new T();
            foreach (var field in typeof(T).GetFields())
                field.SetValue(found, Regex.Match(json, "\"" + field.Name + "\":\"([^\"]*)\"").Groups[1].Value);
            return found;
        }
    }
}

namespace UnityEngine.Networking
{
    public class UploadHandlerRaw
    {
        public readonly byte[] Data;
        public UploadHandlerRaw(byte[] data) { Data = data; }
    }

    public class DownloadHandlerBuffer { public string text = ""; }

    public class UnityWebRequest : IDisposable
    {
        public UploadHandlerRaw uploadHandler;
        public DownloadHandlerBuffer downloadHandler;
        public int timeout;
        public long responseCode;
        readonly HttpWebRequest request;
        public UnityWebRequest(string url, string method)
        {
            request = (HttpWebRequest)WebRequest.Create(url);
            request.Method = method;
            request.ServicePoint.Expect100Continue = false;
        }
        public void SetRequestHeader(string name, string value)
        {
            if (name == "Content-Type") request.ContentType = value; else request.Headers[name] = value;
        }
        public object SendWebRequest()
        {
            request.Timeout = timeout * 1000;
            try
            {
                using (var body = request.GetRequestStream())
                    body.Write(uploadHandler.Data, 0, uploadHandler.Data.Length);
                Read((HttpWebResponse)request.GetResponse());
            }
            catch (WebException problem)
            {
                if (problem.Response != null) Read((HttpWebResponse)problem.Response);
            }
            return null;
        }
        void Read(HttpWebResponse response)
        {
            responseCode = (long)response.StatusCode;
            using (var reader = new StreamReader(response.GetResponseStream()))
                downloadHandler.text = reader.ReadToEnd();
        }
        public void Dispose() { }
    }
}

static class Game
{
    static void Main(string[] args)
    {
        var stats = new TStats();
        Set(stats, "url", args[0]);
        Set(stats, "appKey", args[1]);
        TStats.Event("too early");
        typeof(TStats).GetMethod("Awake", Private).Invoke(stats, null);
        TStats.Event("Game started");
        TStats.Event("größe / 100%?", "{\"level\":3,\"words\":[\"日本\",null]}");
        TStats.Event("FPS", "59.9");
        TStats.Event("round", "{\"itself\":1}");
        for (var frame = 0; !Application.HasQuit && frame < 6000; frame++)
        {
            Frame();
            System.Threading.Thread.Sleep(10);
            if (frame >= int.Parse(args[2])) Application.Quit();
        }
    }

    const BindingFlags Private = BindingFlags.NonPublic | BindingFlags.Instance;

    static void Set(TStats stats, string field, string value)
    {
        typeof(TStats).GetField(field, Private).SetValue(stats, value);
    }

    static void Frame()
    {
        foreach (var routines in MonoBehaviour.Running.ToArray())
        {
            if (routines.Count == 0) continue;
            var routine = routines.Peek();
            var wait = routine.Current as WaitForSecondsRealtime;
            if (wait != null && DateTime.UtcNow < wait.End) continue;
            if (!routine.MoveNext()) routines.Pop();
            else if (routine.Current is IEnumerator) routines.Push((IEnumerator)routine.Current);
        }
    }
}
